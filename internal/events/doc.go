// Package events tells the product, on its EventBridge bus, what happened
// (spec section 8). The forms of all events are JSON Schemas in infra/events,
// one for each version, and tests hold what is sent against them.
//
// Every event is told at least once, in any order. What cannot be put on the
// bus at once goes into a message on our own queue, which is tried again until
// it is on the bus or among the dead letters, so that a bus which cannot be
// reached delays events and holds up no sync. An event only says what to look
// at: whoever missed some asks the API for what changed since.
package events
