// Package setuptest has what tests of setup and of the API need in place of
// the table, the secret store, ConnectWise and the engine: small, in memory,
// keeping the contracts of setup's ports, and able to die at any call.
package setuptest
