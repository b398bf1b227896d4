// Package mapping says what a tenant of the vendor's product is in
// ConnectWise: tenant -> company and agreement, SKU -> catalog item. It keeps
// the tenants that the product tells of, checks what an admin chooses, maps by
// name where that is no guess, and makes large edits resumable and undoable.
//
// Filters have no say here (spec 3.6): what is chosen is read from
// ConnectWise, whether it is synced or not.
package mapping
