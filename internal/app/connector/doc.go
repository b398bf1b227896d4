// Package connector joins the ConnectWise client to the core: it opens an
// account's connection for the sync engine, and asks and registers for setup.
package connector
