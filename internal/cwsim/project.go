package cwsim

import (
	"slices"
	"strings"
)

// projection is the fields parameter bound to a schema: the wanted positions, each with what is wanted below it. A nil
// projection wants everything.
type projection struct {
	below map[int]*projection
}

func (p *projection) of(i int) (*projection, bool) {
	if p == nil {
		return nil, true
	}
	sub, ok := p.below[i]
	return sub, ok
}

// project binds a list such as id,name,status/id,_info/lastUpdated.
func (st *state) project(e *entity, list string) (*projection, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil //nolint:nilnil // no list wants everything
	}
	p := &projection{below: map[int]*projection{}}
	for path := range strings.SplitSeq(list, ",") {
		path = strings.TrimSpace(path)
		if err := p.add(e, strings.Split(path, "/")); err != nil {
			return nil, unrecognized(path)
		}
	}
	return p, nil
}

func (p *projection) add(e *entity, path []string) error {
	i, f := e.field(path[0])
	if f == nil {
		return unrecognized(path[0])
	}
	if len(path) == 1 {
		p.below[i] = nil
		return nil
	}
	sub, seen := p.below[i]
	if seen && sub == nil {
		return nil // the whole field is wanted already
	}
	if sub == nil {
		sub = &projection{below: map[int]*projection{}}
		p.below[i] = sub
	}
	return sub.addBelow(e, f, path[1:])
}

func (p *projection) addBelow(e *entity, f *field, path []string) error {
	if f.kind == kindObjects {
		return p.add(f.sub, path)
	}
	n := slices.Index(subNames(e, f), path[0])
	if n < 0 || len(path) > 1 {
		return unrecognized(path[0])
	}
	p.below[n] = nil
	return nil
}

// subNames are the names below a reference or _info, in the order the renderer numbers them.
func subNames(e *entity, f *field) []string {
	switch f.kind {
	case kindRef, kindRefs:
		return append(slices.Clone(f.ref.fields), "_info")
	case kindInfo:
		keys := infoKeys()
		names := keys[:]
		for _, l := range e.links {
			names = append(names, l.name+"_href")
		}
		return names
	default:
		return nil
	}
}
