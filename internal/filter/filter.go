package filter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// maxChoices bounds the choices in a category: more is no longer a choice.
const maxChoices = 500

// Filter is a choice of companies. Choices within a category are alternatives,
// the categories must all hold, and an empty category is no condition (spec
// 2.6). Ids are ConnectWise's. The zero Filter chooses every company.
type Filter struct {
	Types       []int64 `json:"types,omitempty"`
	Statuses    []int64 `json:"statuses,omitempty"`
	Territories []int64 `json:"territories,omitempty"`
	Markets     []int64 `json:"markets,omitempty"`
}

// All reports whether the filter chooses every company.
func (f Filter) All() bool {
	return len(f.Types)+len(f.Statuses)+len(f.Territories)+len(f.Markets) == 0
}

// Key tells filters apart: equal choices have equal keys, however they were
// written, and choosing every company has "".
func (f Filter) Key() string {
	var b strings.Builder
	for _, c := range categories() {
		ids := slices.Clone(f.of(c))
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			fmt.Fprintf(&b, "%s%d", c[:1], id)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// Clean returns the filter with each category in order and without
// repetitions, so that equal choices are equal filters. What can be no choice
// is a problem.BadRequest.
func (f Filter) Clean() (Filter, error) {
	for _, c := range categories() {
		ids := slices.Clone(f.of(c))
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if len(ids) > 0 && ids[0] <= 0 || len(ids) > maxChoices {
			return Filter{}, problem.New(problem.BadRequest, fmt.Sprintf("The choice of %s is not valid.", c),
				fmt.Sprintf("Choose at most %d from the list.", maxChoices)).Wrap(psa.ErrInvalid)
		}
		f = f.with(c, ids)
	}
	return f, nil
}

// Match reports whether the filter chooses the company. A company that names
// no status, territory or market is not among those of any.
func (f Filter) Match(c Facts) bool {
	among := func(choices []int64, id int64) bool { return len(choices) == 0 || slices.Contains(choices, id) }
	typed := len(f.Types) == 0 || slices.ContainsFunc(c.Types, func(id int64) bool { return slices.Contains(f.Types, id) })
	return typed && among(f.Statuses, c.Status) && among(f.Territories, c.Territory) && among(f.Markets, c.Market)
}

// Category is what companies are chosen by.
type Category string

// The categories.
const (
	Types       Category = "types"
	Statuses    Category = "statuses"
	Territories Category = "territories"
	Markets     Category = "markets"
)

func categories() []Category { return []Category{Types, Statuses, Territories, Markets} }

func (f Filter) of(c Category) []int64 {
	return map[Category][]int64{Types: f.Types, Statuses: f.Statuses, Territories: f.Territories, Markets: f.Markets}[c]
}

// with replaces a category; nil and empty are the same.
func (f Filter) with(c Category, ids []int64) Filter {
	if len(ids) == 0 {
		ids = nil
	}
	switch c {
	case Types:
		f.Types = ids
	case Statuses:
		f.Statuses = ids
	case Territories:
		f.Territories = ids
	default:
		f.Markets = ids
	}
	return f
}

// Facts are what a filter looks at in a company. An id is 0 where the company
// names none.
type Facts struct {
	Types                     []int64
	Status, Territory, Market int64
	// Typed is set if the record says which types the company has, be it
	// none: without it, Types is empty because nobody knows.
	Typed bool
	// Deleted is ConnectWise's mark for the recycle bin.
	Deleted bool
}

// FactsOf reads a company's record as it was kept or sent. Unknown members,
// nulls and references without an id are passed over: real records have them.
func FactsOf(company json.RawMessage) (Facts, error) {
	var v struct {
		Types     *refs `json:"types"`
		Status    ref   `json:"status"`
		Territory ref   `json:"territory"`
		Market    ref   `json:"market"`
		Deleted   *bool `json:"deletedFlag"`
	}
	if err := json.Unmarshal(company, &v); err != nil {
		return Facts{}, fmt.Errorf("company's facts: %w", err)
	}
	out := Facts{Status: v.Status.ID, Territory: v.Territory.ID, Market: v.Market.ID, Deleted: v.Deleted != nil && *v.Deleted}
	if v.Types == nil {
		return out, nil
	}
	out.Typed = true
	for _, t := range *v.Types {
		if t.ID > 0 && !slices.Contains(out.Types, t.ID) {
			out.Types = append(out.Types, t.ID)
		}
	}
	return out, nil
}

// ref is a reference, of which only a whole positive id counts.
type ref struct{ ID int64 }

func (r *ref) UnmarshalJSON(b []byte) error {
	var v struct {
		ID json.Number `json:"id"`
	}
	if json.Unmarshal(b, &v) == nil {
		if id, err := v.ID.Int64(); err == nil && id > 0 {
			r.ID = id
		}
	}
	return nil // a reference that is none names nothing
}

// refs is a list of references; what is no list is an empty one.
type refs []ref

func (r *refs) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		*r = refs{}
		return nil
	}
	var list []ref
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("types: %w", err)
	}
	*r = list
	return nil
}
