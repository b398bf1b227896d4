package setup

import (
	"slices"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// TypeInfo is what setup needs to know of a data type.
type TypeInfo struct {
	Name  psa.DataType
	Label string
	// Path is read to prove that the role may inquire; "" if there is no list
	// of all, and only the permission matrix can tell.
	Path   string
	Parent psa.DataType
	// Module and Permission name the security role's cell, level Inquire.
	Module, Permission string
	// Callback says whether ConnectWise can call us when a record changes.
	Callback bool
	// Default says whether a new connection has it enabled; Always, that
	// every connection has.
	Default, Always bool
}

// catalog is the table of data types, parents before children.
type catalog []TypeInfo

func (c catalog) named(name psa.DataType) (TypeInfo, bool) {
	i := slices.IndexFunc(c, func(t TypeInfo) bool { return t.Name == name })
	if i < 0 {
		return TypeInfo{}, false
	}
	return c[i], true
}

// isParent reports whether other types cannot be synced without this one.
func (c catalog) isParent(name psa.DataType) bool {
	return slices.ContainsFunc(c, func(t TypeInfo) bool { return t.Parent == name })
}

func (c catalog) defaults() []psa.DataType {
	var names []psa.DataType
	for _, t := range c {
		if t.Default {
			names = append(names, t.Name)
		}
	}
	return names
}

func (c catalog) always() []psa.DataType {
	var names []psa.DataType
	for _, t := range c {
		if t.Always {
			names = append(names, t.Name)
		}
	}
	return names
}

// closure returns names with their parents and what is always read, in the
// table's order and once each, and which of them were added.
func (c catalog) closure(names []psa.DataType) (all, added []psa.DataType, err error) {
	want := map[psa.DataType]bool{}
	for _, name := range slices.Concat(names, c.always()) {
		for name != "" && !want[name] {
			t, ok := c.named(name)
			if !ok {
				return nil, nil, problem.New(problem.BadRequest, "A data type is not known.", "Choose from the list of data types.").Wrap(psa.ErrInvalid)
			}
			want[name] = true
			name = t.Parent
		}
	}
	for _, t := range c {
		if !want[t.Name] {
			continue
		}
		all = append(all, t.Name)
		if !slices.Contains(names, t.Name) {
			added = append(added, t.Name)
		}
	}
	return all, added, nil
}
