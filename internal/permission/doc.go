// Package permission knows which cells of ConnectWise's security role each
// feature needs, and finds out which of them an API member has.
//
// [Features] is the one table: feature, calls, rights. [RoleTable] is what of
// it a person has to copy into ConnectWise. [Matrix] asks ConnectWise, by calls
// that cannot change anything, and says no more than it has seen: reading
// proves that a cell's Inquire is not None, never that it is All; a write that
// was refused for its content makes the right likely and not more.
package permission
