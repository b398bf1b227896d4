// Package psa holds ConnectWise PSA's nouns as psabridge uses them: typed ids,
// data types, records and the sentinel errors that every other package may
// return. It imports the standard library only.
package psa
