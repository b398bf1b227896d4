package filter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/jsonscan"
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
	var out Facts
	ok := jsonscan.Object(company, func(name, value []byte) bool {
		switch string(name) {
		case "types":
			out.Types, out.Typed = idsOf(value)
		case "status":
			out.Status = idOf(value)
		case "territory":
			out.Territory = idOf(value)
		case "market":
			out.Market = idOf(value)
		case "deletedFlag":
			out.Deleted = string(value) == "true"
			return out.Deleted || string(value) == "false" || string(value) == "null"
		}
		return true
	})
	if !ok {
		return Facts{}, fmt.Errorf("company's facts: %w", psa.ErrInvalid)
	}
	return out, nil
}

// idOf is the id of a reference, if it has a whole positive one: a reference
// that is none names nothing.
func idOf(ref []byte) (id int64) {
	_ = jsonscan.Object(ref, func(name, value []byte) bool {
		if string(name) == "id" {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if id = 0; err == nil {
				id = max(n, 0)
			}
		}
		return true
	})
	return id
}

// idsOf are the ids of a list of references; what is no list is an empty one,
// and null says nothing.
func idsOf(list []byte) (ids []int64, said bool) {
	_ = jsonscan.Array(list, func(ref []byte) bool {
		if id := idOf(ref); id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return true
	})
	return ids, string(list) != "null"
}
