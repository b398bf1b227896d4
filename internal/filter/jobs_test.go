package filter_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func counts(l filter.List) map[string]int {
	out := map[string]int{}
	for _, c := range l.Choices {
		out[c.Name] = -1
		if c.Companies != nil {
			out[c.Name] = *c.Companies
		}
	}
	return out
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*fake)
		limits filter.Limits
		types  map[string]int
		most   int // calls
	}{
		"read":                   {func(*fake) {}, filter.Limits{}, map[string]int{"Customer": 34, "Prospect": 66, "Partner": 34, "Nobody": 0}, 6},
		"read, types ignored":    {func(f *fake) { f.types = "ignores" }, filter.Limits{}, map[string]int{"Customer": 34, "Prospect": 66, "Partner": 34, "Nobody": 0}, 6},
		"read, types unsaid":     {func(f *fake) { f.untyped = true }, filter.Limits{}, map[string]int{"Customer": -1, "Prospect": -1, "Partner": -1, "Nobody": -1}, 6},
		"counted":                {func(f *fake) { f.cap = 5 }, filter.Limits{Pages: 2}, map[string]int{"Customer": 34, "Prospect": 66, "Partner": 34, "Nobody": 0}, 16},
		"counted, types refused": {func(f *fake) { f.cap, f.types = 5, "refuses" }, filter.Limits{Pages: 2}, map[string]int{"Customer": -1, "Prospect": -1, "Partner": -1, "Nobody": -1}, 12},
		"counted, types ignored": {func(f *fake) { f.cap, f.types = 5, "ignores" }, filter.Limits{Pages: 2}, map[string]int{"Customer": -1, "Prospect": -1, "Partner": -1, "Nobody": -1}, 12},
		"counted, a few":         {func(f *fake) { f.cap = 5 }, filter.Limits{Pages: 2, Counts: 1}, map[string]int{"Customer": 34, "Prospect": -1, "Partner": -1, "Nobody": -1}, 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(100)
			tc.change(f)
			d := filter.Discover(t.Context(), f, tc.limits)
			if d.Trouble != nil || d.Companies == nil || *d.Companies != 100 || len(d.Lists) != 4 {
				t.Fatalf("%+v", d)
			}
			if diff := cmp.Diff(tc.types, counts(d.Lists[0])); diff != "" {
				t.Error(diff)
			}
			if n := counts(d.Lists[1])["Active"]; n != 50 {
				t.Errorf("%d are active", n)
			}
			if m := d.Lists[3]; m.Category != filter.Markets || m.State != filter.Empty || m.Choices == nil || m.Trouble != nil {
				t.Errorf("no markets: %+v", m)
			}
			if f.calls > tc.most {
				t.Errorf("%d calls", f.calls)
			}
		})
	}
}

func TestDiscoverWithoutAList(t *testing.T) {
	t.Parallel()
	f := newFake(10)
	f.refuses = map[filter.Category]error{filter.Statuses: refused()}
	d := filter.Discover(t.Context(), f, filter.Limits{})
	if l := d.Lists[1]; l.State != filter.Refused || l.Trouble == nil || l.Trouble.Code != problem.PermissionMissing || l.Trouble.Remedy == "" || l.Choices == nil {
		t.Errorf("%+v", l)
	}
	if d.Lists[0].State != filter.Listed || counts(d.Lists[0])["Customer"] != 4 || counts(d.Lists[2])["North"] != 2 || d.Trouble != nil {
		t.Errorf("%+v", d)
	}
	f = newFake(10)
	f.counting = refused()
	if d := filter.Discover(t.Context(), f, filter.Limits{}); d.Trouble == nil || d.Companies != nil || d.Lists[0].State != filter.Listed {
		t.Errorf("names without numbers: %+v", d)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	customer := func(c filter.Facts) bool { return slices.Contains(c.Types, 1) }
	active := filter.Filter{Types: []int64{1}, Statuses: []int64{1}}
	kinds := []filter.Child{{Type: psa.Companies}, {Type: psa.Contacts, OfCompany: true}, {Type: "catalog"}}
	for name, tc := range map[string]struct {
		n        int
		change   func(*fake)
		filter   filter.Filter
		want     func(filter.Facts) bool
		upTo     bool // then want is at most
		contacts bool // exact
	}{
		"everything":          {100, func(*fake) {}, filter.Filter{}, func(filter.Facts) bool { return true }, false, true},
		"everything, large":   {5000, func(*fake) {}, filter.Filter{}, func(filter.Facts) bool { return true }, false, false},
		"active customers":    {100, func(*fake) {}, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, true},
		"many":                {5000, func(*fake) {}, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, false},
		"types ignored":       {5000, func(f *fake) { f.types = "ignores" }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, false},
		"types refused":       {5000, func(f *fake) { f.types = "refuses" }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, false},
		"refused and small":   {100, func(f *fake) { f.types = "refuses" }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, true},
		"short pages":         {100, func(f *fake) { f.cap, f.types = 10, "ignores" }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, true},
		"too many short ones": {5000, func(f *fake) { f.cap, f.types = 10, "ignores" }, active, func(c filter.Facts) bool { return c.Status == 1 }, true, false},
		"types unsaid":        {100, func(f *fake) { f.untyped = true }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, true},
		"unsaid and ignored":  {100, func(f *fake) { f.untyped, f.types = true, "ignores" }, active, func(c filter.Facts) bool { return c.Status == 1 }, true, false},
		"too long to ask":     {100, func(f *fake) { f.long = 1 }, active, func(c filter.Facts) bool { return customer(c) && c.Status == 1 }, false, true},
		"nobody":              {100, func(*fake) {}, filter.Filter{Types: []int64{9}}, func(filter.Facts) bool { return false }, false, true},
		"no such market":      {100, func(*fake) {}, filter.Filter{Markets: []int64{1}}, func(filter.Facts) bool { return false }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(tc.n)
			tc.change(f)
			got, err := filter.Preview(t.Context(), f, tc.filter, kinds, filter.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := f.matches(tc.want)
			if got.Companies != (filter.Number{N: want, UpTo: tc.upTo}) || *got.Types[0].Number != got.Companies {
				t.Errorf("companies: %+v, want %d", got.Companies, want)
			}
			contacts, catalog := *got.Types[1].Number, *got.Types[2].Number
			if tc.contacts && contacts != (filter.Number{N: 2 * want}) || !tc.contacts && !(contacts.UpTo && contacts.N >= 2*f.matches(tc.want)) && !tc.upTo {
				t.Errorf("contacts: %+v", contacts)
			}
			if catalog.UpTo {
				t.Errorf("catalog: %+v", catalog)
			}
			if len(got.Sample) > 10 || want > 0 && !tc.upTo && len(got.Sample) == 0 || got.Sample == nil {
				t.Errorf("sample: %v", got.Sample)
			}
			if f.calls > 75 {
				t.Errorf("%d calls", f.calls)
			}
		})
	}
}

func TestPreviewTroubles(t *testing.T) {
	t.Parallel()
	f := newFake(10)
	f.noCount = refused()
	got, err := filter.Preview(t.Context(), f, filter.Filter{}, []filter.Child{{Type: psa.Contacts, OfCompany: true}, {Type: "catalog"}}, filter.Limits{})
	if err != nil || got.Types[0].Number != nil || got.Types[0].Trouble.Code != problem.PermissionMissing || got.Types[1].Number == nil {
		t.Errorf("%v %+v", err, got)
	}
	f.counting = refused()
	if _, err := filter.Preview(t.Context(), f, filter.Filter{}, nil, filter.Limits{}); problem.CodeOf(err) != problem.PermissionMissing {
		t.Errorf("%v", err)
	}
	if _, err := filter.Preview(t.Context(), f, filter.Filter{Types: []int64{-1}}, nil, filter.Limits{}); problem.CodeOf(err) != problem.BadRequest {
		t.Errorf("%v", err)
	}
}

// The sample is of companies that match, not of those that ConnectWise says do.
func TestSampleMatches(t *testing.T) {
	t.Parallel()
	f := newFake(3000)
	f.types = "ignores"
	got, err := filter.Preview(t.Context(), f, filter.Filter{Types: []int64{1}}, nil, filter.Limits{})
	if err != nil || len(got.Sample) != 10 {
		t.Fatalf("%v %v", err, got.Sample)
	}
	for _, c := range f.companies {
		if slices.Contains(got.Sample, c.Name) && !slices.Contains(c.Types, 1) {
			t.Errorf("%s does not match", c.Name)
		}
	}
}
