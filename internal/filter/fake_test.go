package filter_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// fake is a ConnectWise in memory whose answers differ as real ones might.
type fake struct {
	companies []filter.Company
	lists     map[filter.Category][]filter.Choice
	refuses   map[filter.Category]error
	counting  error
	// types: "honours", "ignores" or "refuses" a condition on types.
	types string
	// untyped leaves types out of records; pages are cut to cap.
	untyped bool
	cap     int
	// long refuses filters with more choices in all.
	long     int
	contacts map[int64]int // by company
	noCount  error         // of contacts

	mu    sync.Mutex
	calls int
}

func (f *fake) called() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
}

func invalid() error { return problem.New(problem.ConnectWiseInvalid, "no", "").Wrap(psa.ErrInvalid) }

func refused() error { return problem.New(problem.PermissionMissing, "no", "ask for it") }

func (f *fake) Choices(_ context.Context, c filter.Category) ([]filter.Choice, error) {
	f.called()
	return append([]filter.Choice(nil), f.lists[c]...), f.refuses[c]
}

// effective is the filter as this ConnectWise understands it.
func (f *fake) effective(in filter.Filter) (filter.Filter, error) {
	if f.long > 0 && len(in.Types)+len(in.Statuses)+len(in.Territories)+len(in.Markets) > f.long {
		return in, invalid()
	}
	switch {
	case len(in.Types) == 0 || f.types == "honours":
	case f.types == "refuses":
		return in, invalid()
	default:
		in.Types = nil
	}
	return in, nil
}

func (f *fake) matching(in filter.Filter) ([]filter.Company, error) {
	in, err := f.effective(in)
	var out []filter.Company
	for _, c := range f.companies {
		if in.Match(c.Facts) {
			if f.untyped {
				c.Types, c.Typed = nil, false
			}
			out = append(out, c)
		}
	}
	return out, err
}

func (f *fake) Count(_ context.Context, in filter.Filter) (int, error) {
	f.called()
	if f.counting != nil {
		return 0, f.counting
	}
	list, err := f.matching(in)
	return len(list), err
}

func (f *fake) Companies(_ context.Context, in filter.Filter, after int64, limit int) (filter.Page, error) {
	f.called()
	list, err := f.matching(in)
	if f.cap > 0 {
		limit = min(limit, f.cap)
	}
	var p filter.Page
	for _, c := range list {
		if c.ID <= after {
			continue
		}
		if len(p.Companies) == limit {
			p.More = true
			break
		}
		p.Companies = append(p.Companies, c)
	}
	return p, err
}

func (f *fake) CountOf(_ context.Context, t psa.DataType, companies []int64) (int, error) {
	f.called()
	if t == psa.Contacts && f.noCount != nil {
		return 0, f.noCount
	}
	n := 0
	for id, contacts := range f.contacts {
		wanted := companies == nil
		for _, c := range companies {
			wanted = wanted || c == id
		}
		if wanted {
			n += contacts
		}
	}
	return n, nil
}

// newFake has n companies: every third a customer and a partner (types 1, 4),
// the rest prospects (2); status 1 or 2 by turns, territories 1..5, no markets.
func newFake(n int) *fake {
	f := &fake{types: "honours", contacts: map[int64]int{}, lists: map[filter.Category][]filter.Choice{
		filter.Types:       {{ID: 1, Name: "Customer"}, {ID: 2, Name: "Prospect"}, {ID: 4, Name: "Partner"}, {ID: 9, Name: "Nobody"}},
		filter.Statuses:    {{ID: 1, Name: "Active"}, {ID: 2, Name: "Inactive"}},
		filter.Territories: {{ID: 1, Name: "North"}, {ID: 5, Name: "South"}},
	}}
	for i := range n {
		facts := filter.Facts{Types: []int64{2}, Status: int64(i%2 + 1), Territory: int64(i%5 + 1), Typed: true}
		if i%3 == 0 {
			facts.Types = []int64{1, 4}
		}
		id := int64(i*2 + 1)
		f.companies = append(f.companies, filter.Company{ID: id, Name: fmt.Sprintf("Company %d", id), Facts: facts})
		f.contacts[id] = 2
	}
	return f
}

// matches counts what the rules say, without the code under test.
func (f *fake) matches(want func(filter.Facts) bool) int {
	n := 0
	for _, c := range f.companies {
		if want(c.Facts) {
			n++
		}
	}
	return n
}
