// Package cwsim is a strict, stateful simulator of the part of ConnectWise PSA's REST API that psabridge uses. It exists
// for tests and for trying psabridge out, and is obviously not production: every answer carries the header
// X-Simulator, GET / says what it is, and its company and keys are demo values.
//
// It shares no type with the client on purpose: what both sides misspell alike would otherwise pass. Where public
// material does not say how ConnectWise behaves, Switches holds a switch for each answer; the zero value is the answer
// that the vendor documents or, failing that, the one a client finds harder to live with.
//
// Tests steer a simulator through its Go methods, other processes through HTTP below /_sim/ with the header
// X-Simulator-Control: faults, switches, clock, roles, upgrade, requests and records. Nothing of ConnectWise's lives there.
//
// Records are immutable and replaced on change, so that a page is rendered from one consistent state. Everything is safe
// for concurrent use.
package cwsim
