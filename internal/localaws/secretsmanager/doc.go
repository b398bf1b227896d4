// Package secretsmanager is a small Secrets Manager for a developer's machine
// and for tests. It keeps the secrets in one file that only its owner may
// read, in clear text, and never logs a value. Versions, stages, deletion with
// and without a recovery window, client request tokens and errors follow AWS.
//
// Its behaviour suite is in the tests of package localaws, and runs against
// any other endpoint too.
package secretsmanager
