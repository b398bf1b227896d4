package permission

import (
	"cmp"
	"slices"
)

// Role is what to enter on ConnectWise's security role page.
type Role struct {
	// Rows are the lines to change, in the page's order; whatever is not
	// among them stays at None.
	Rows []Row
	// Later are rights to add only if ConnectWise refuses the call without
	// them: public material does not say that they are needed.
	Later []Need
	// Differences are where a guide asks for something else.
	Differences []Difference
}

// Row is a line of the role: All at Levels, None elsewhere.
type Row struct {
	Cell

	Levels []Level
	// Tables are the setup tables to customise Table Setup to; empty for
	// other cells.
	Tables []string
	// Needs are the rights that make up the row.
	Needs []Need
}

// Need is a right and what it is for.
type Need struct {
	Right

	Features []Name
	Sources  []Source
	// Without is what is lost without the right, by feature; "" where all of
	// the feature is.
	Without map[Name]string
	// Optional is set if no feature fails without it.
	Optional bool

	unless bool
	calls  []Call
}

// RoleTable is the least role for the features named.
func RoleTable(names []Name) Role {
	needs := Needs(names)
	var role Role
	for _, n := range needs {
		if n.unless {
			role.Later = append(role.Later, n)
			continue
		}
		role.add(n)
	}
	role.Differences = differences(needs)
	return role
}

func (r *Role) add(n Need) {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Cell == n.Cell })
	if i < 0 {
		i = len(r.Rows)
		r.Rows = append(r.Rows, Row{Cell: n.Cell})
	}
	row := &r.Rows[i]
	row.Needs = append(row.Needs, n)
	if !slices.Contains(row.Levels, n.Level) {
		row.Levels = append(row.Levels, n.Level)
	}
	if n.Table != "" && !slices.Contains(row.Tables, n.Table) {
		row.Tables = append(row.Tables, n.Table)
	}
}

// Needs are the rights that the features need, once each and in the order of
// ConnectWise's page: modules and permissions by name, then columns.
func Needs(names []Name) []Need {
	var out []Need
	for _, f := range choose(names) {
		for _, c := range f.Calls {
			if c.Needs == (Right{}) {
				continue
			}
			i := slices.IndexFunc(out, func(n Need) bool { return n.Right == c.Needs })
			if i < 0 {
				i = len(out)
				out = append(out, Need{Right: c.Needs, Sources: Sources(c.Needs), Optional: true, unless: true})
			}
			out[i].take(f.Name, c)
		}
	}
	slices.SortFunc(out, func(a, b Need) int { return compare(a.Right, b.Right) })
	return out
}

func (n *Need) take(f Name, c Call) {
	if !slices.Contains(n.Features, f) {
		n.Features = append(n.Features, f)
	}
	n.Optional = n.Optional && c.Without != ""
	n.unless = n.unless && c.Unless
	n.calls = append(n.calls, c)
	if n.Without == nil {
		n.Without = map[Name]string{}
	}
	// A call that the feature cannot do without counts for more than one
	// that it can.
	if had, ok := n.Without[f]; !ok || had != "" {
		n.Without[f] = c.Without
	}
}

func compare(a, b Right) int {
	return cmp.Or(
		cmp.Compare(a.Module, b.Module), cmp.Compare(a.Permission, b.Permission),
		cmp.Compare(slices.Index(levels(), a.Level), slices.Index(levels(), b.Level)), cmp.Compare(a.Table, b.Table),
	)
}

// Kind of a Difference.
type Kind string

// How a guide's role differs.
const (
	// NotNeeded: the guide asks for more than the features need.
	NotNeeded Kind = "not_needed"
	// NotNamed: the features need what the guide leaves out.
	NotNamed Kind = "not_named"
)

// Difference is where a guide's role and the table differ, a cell at a time.
type Difference struct {
	Cell

	Guide  Source
	Kind   Kind
	Levels []Level
	// Tables are the setup tables that the guide leaves out.
	Tables []string
	// For are features that would need it and were not asked for.
	For []Name
}

func differences(needs []Need) []Difference {
	var out []Difference
	all := Needs(allNames())
	for _, guide := range []Source{Guide1, Guide2} {
		for _, g := range Guide(guide) {
			if d, differs := surplus(guide, g, needs, all); differs {
				out = append(out, d)
			}
		}
		out = append(out, lacking(guide, needs)...)
	}
	return out
}

func allNames() []Name {
	var out []Name
	for _, f := range Features() {
		out = append(out, f.Name)
	}
	return out
}

// surplus is what a guide's line grants and nothing chosen needs.
func surplus(guide Source, g Grant, needs, all []Need) (Difference, bool) {
	d := Difference{Cell: g.Cell, Guide: guide, Kind: NotNeeded}
	uses := func(l Level) func(Need) bool {
		return func(n Need) bool { return n.Cell == g.Cell && n.Level == l && !n.unless }
	}
	for _, l := range g.Levels {
		if slices.ContainsFunc(needs, uses(l)) {
			continue
		}
		d.Levels = append(d.Levels, l)
		for _, n := range all {
			if uses(l)(n) {
				d.For = append(d.For, n.Features...)
			}
		}
	}
	slices.Sort(d.For)
	d.For = slices.Compact(d.For)
	return d, len(d.Levels) > 0
}

// lacking is what is needed and a guide does not name.
func lacking(guide Source, needs []Need) []Difference {
	var out []Difference
	for _, n := range needs {
		if n.unless || guide.names(n.Right) {
			continue
		}
		i := slices.IndexFunc(out, func(d Difference) bool { return d.Cell == n.Cell })
		if i < 0 {
			i = len(out)
			out = append(out, Difference{Cell: n.Cell, Guide: guide, Kind: NotNamed})
		}
		d := &out[i]
		if !slices.Contains(d.Levels, n.Level) {
			d.Levels = append(d.Levels, n.Level)
		}
		if n.Table != "" {
			d.Tables = append(d.Tables, n.Table)
		}
	}
	return out
}
