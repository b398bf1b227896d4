package permission

import (
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// Level is a column of ConnectWise's security role. Delete is a column too,
// which nothing here ever needs: nothing is deleted.
type Level string

// The columns, in ConnectWise's order.
const (
	Add     Level = "Add"
	Edit    Level = "Edit"
	Delete  Level = "Delete"
	Inquire Level = "Inquire"
)

// levels in ConnectWise's order.
func levels() []Level { return []Level{Add, Edit, Delete, Inquire} }

// Cell is a line of the security role's page.
type Cell struct {
	// Module is the section: "Companies".
	Module string
	// Permission is the line: "Company Maintenance".
	Permission string
}

func (c Cell) String() string { return c.Module + " > " + c.Permission }

// Right is one level of a cell; the value asked for is always All.
type Right struct {
	Cell

	Level Level
	// Table is the one setup table that is meant, where the cell is Table
	// Setup: "Service / Priority".
	Table string
}

func (r Right) String() string {
	s := r.Cell.String() + ", " + string(r.Level)
	if r.Table != "" {
		s += ", " + r.Table
	}
	return s
}

// Source says who asks for a right.
type Source string

// The sources. The guides are the two public setup guides that psabridge
// follows; Ours is what neither of them names.
const (
	Guide1 Source = "guide1"
	Guide2 Source = "guide2"
	Ours   Source = "ours"
)

// Name names a feature. That of a data type is the type's own name.
type Name string

// The features that are no data type.
const (
	Connection Name = "connection"
	Callbacks  Name = "callbacks"
	Filters    Name = "filters"
	Mapping    Name = "mapping"
	Usage      Name = "usage"
	Ticketing  Name = "ticketing"
	Closing    Name = "close_tickets"
	WriteBack  Name = "opportunity_write_back"
)

// Feature is a row of the table.
type Feature struct {
	Name  Name
	Label string
	// Type is the data type that the feature is the reading of, else "".
	Type  psa.DataType
	Calls []Call
}

// Call is something that a feature asks of ConnectWise.
type Call struct {
	Method string
	// Path is below the API base, {id} standing for a record's id.
	Path string
	// Needs is the right that ConnectWise asks for; the zero Right if any
	// API member may make the call.
	Needs Right
	// Without says what is lost where the right is missing, the rest of the
	// feature working all the same. "" if the feature needs the call.
	Without string
	// Blind says why no harmless call can show the right; "" if one can.
	Blind string
	// Unless is set where public material does not say that the right is
	// needed at all: it belongs into the role only once ConnectWise has
	// refused the call.
	Unless bool
}

// probe is the harmless form of the call: on record 0, which no ConnectWise
// has.
func (c Call) probe() Probe {
	return Probe{Method: c.Method, Path: strings.ReplaceAll(c.Path, "{id}", "0")}
}

// Probe is a call that cannot change anything: a GET, or a POST of {} or PATCH
// without operations. A record that its path names is record 0.
type Probe struct{ Method, Path string }

// below reports whether the path names record 0, so that a 404 is the answer
// of a ConnectWise that allows the call.
func (p Probe) below() bool {
	return strings.Contains(p.Path, "/0/") || strings.HasSuffix(p.Path, "/0")
}

// Named finds a feature of the table.
func Named(name Name) (Feature, bool) {
	all := Features()
	i := slices.IndexFunc(all, func(f Feature) bool { return f.Name == name })
	if i < 0 {
		return Feature{}, false
	}
	return all[i], true
}

// choose returns the features with these names, once each and in the table's
// order; names that are not in the table are passed over.
func choose(names []Name) []Feature {
	return slices.DeleteFunc(Features(), func(f Feature) bool { return !slices.Contains(names, f.Name) })
}
