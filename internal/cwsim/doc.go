// Package cwsim is a strict, stateful simulator of the part of ConnectWise PSA's REST API that psabridge uses. It exists
// for tests and for trying psabridge out, and is obviously not production: every answer carries the header
// X-Simulator, GET / says what it is, and its company and keys are demo values.
//
// It shares no type with the client on purpose: what both sides misspell alike would otherwise pass. Where public
// material does not say how ConnectWise behaves, Switches holds a switch for each answer; the zero value is the answer
// that the vendor documents or, failing that, the one a client finds harder to live with. Where there are several answers,
// Points lists them, so that a test can run under each.
//
// Agreements are invoiced when a test, or whoever plays the MSP, says so: InvoiceAgreement and InvoiceDue bill what stands there
// then. Additions are held to ConnectWise's rules when they come through the API, and to none when a test puts them.
//
// What goes wrong is a rule: SetFaults for requests, edits by others between two of them and late commits among it;
// SetDeliveryFaults for callbacks.
//
// Tests steer a simulator through its Go methods, other processes through HTTP below /_sim/ with the header
// X-Simulator-Control; the method control lists what there is. Nothing of ConnectWise's lives there. Transport reaches a
// simulator without a network, within the bubble of a synctest if need be.
//
// Records are immutable and replaced on change, so that a page is rendered from one consistent state. Everything is safe
// for concurrent use.
package cwsim
