// Package archtest states, as tests, which package may know which. The design
// behind it is in CONTRIBUTING.md.
package archtest
