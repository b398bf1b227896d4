package cwsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestPageSizes(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1200})
	for _, c := range []struct {
		size string
		want int
	}{{"", 25}, {"0", 25}, {"7", 7}, {"1000", 1000}, {"5000", 1000}} {
		if got := len(a.ids("/company/companies", url.Values{"pageSize": {c.size}, "fields": {"id"}})); got != c.want {
			t.Errorf("pageSize %q: got %d records, want %d", c.size, got, c.want)
		}
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.MaxPageSize = 100 })
	if got := len(a.ids("/company/companies", url.Values{"pageSize": {"1000"}, "fields": {"id"}})); got != 100 {
		t.Errorf("lower cap: got %d records", got)
	}
	a.get("/company/companies", url.Values{"pageSize": {"many"}}).want(t, http.StatusBadRequest, "")
}

func TestNavigableLinks(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 5, SiteHost: "ui.example"})
	link := func(page int) string {
		out := a.get("/company/companies", url.Values{"pageSize": {"2"}, "page": {itoa(page)}, "fields": {"id"}})
		return out.header.Get("Link")
	}
	at := func(page int, rel string) string {
		return `<https://ui.example/v2026_1/apis/3.0/company/companies?fields=id&page=` + itoa(page) + `&pageSize=2>; rel="` + rel + `"`
	}
	for page, want := range map[int][]string{
		1: {at(2, "next"), at(3, "last")},
		2: {at(1, "first"), at(1, "prev"), at(3, "next"), at(3, "last")},
		3: {at(1, "first"), at(2, "prev")},
	} {
		if got := link(page); got != strings.Join(want, ", ") {
			t.Errorf("page %d: got %s", page, got)
		}
	}
	a.get("/company/companies", url.Values{"page": {"99"}}).want(t, http.StatusOK, "[]")
}

func TestForwardOnly(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 7})
	all := a.sim.IDs(Companies)
	var got []int
	pageID, pages := "", 0
	for {
		out := a.get("/company/companies", url.Values{"pageSize": {"3"}, "pageId": {pageID}, "page": {"5"}, "fields": {"id"}}, "pagination-type", "forward-only")
		var list []struct{ ID int }
		out.decode(t, &list)
		for _, r := range list {
			got = append(got, r.ID)
		}
		links, present := out.header["Link"]
		if !present {
			t.Fatal("no Link header")
		}
		pages++
		if links[0] == "" {
			break
		}
		next, err := url.Parse(strings.Trim(strings.TrimSuffix(links[0], `; rel="next"`), "<>"))
		if err != nil {
			t.Fatal(err)
		}
		pageID = next.Query().Get("pageId")
	}
	if !cmp.Equal(got, all) || pages != 3 {
		t.Errorf("got %v in %d pages, want %v", got, pages, all)
	}
	a.get("/company/companies", url.Values{"orderBy": {"id"}}, "pagination-type", "forward-only").want(t, http.StatusBadRequest, "")
}

func TestForwardOnlyNotSupported(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 7, Switches: Switches{NoForwardOnly: map[string]string{"/company/companies": "ignore", "/company/contacts": "refuse"}}})
	out := a.get("/company/companies", url.Values{"pageSize": {"3"}, "pageId": {"5"}}, "pagination-type", "forward-only")
	if _, present := out.header["Link"]; present || out.status != http.StatusOK {
		t.Errorf("got %d, Link %v", out.status, out.header["Link"])
	}
	a.get("/company/contacts", nil, "pagination-type", "forward-only").want(t, http.StatusBadRequest, "")
	a.get("/company/companies/types", nil, "pagination-type", "forward-only").want(t, http.StatusOK, "")
}

// Records that exist all the time are seen exactly once by a sweep by id, whatever is added, changed and deleted meanwhile.
func TestKeysetSweepWhileRowsChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sim := New(Config{Companies: rapid.IntRange(0, 40).Draw(t, "companies"), Seed: rapid.Uint64().Draw(t, "seed")})
		steady := map[int]bool{}
		for _, id := range sim.IDs(Companies) {
			steady[id] = true
		}
		size := rapid.IntRange(1, 9).Draw(t, "size")
		seen := map[int]int{}
		last := 0
		for {
			page := sweep(sim, last, size)
			for _, id := range page {
				seen[id]++
				last = id
			}
			if len(page) < size {
				break
			}
			mutate(t, sim, steady)
		}
		for id := range steady {
			if seen[id] != 1 {
				t.Fatalf("company %d was seen %d times", id, seen[id])
			}
		}
		for id, n := range seen {
			if n > 1 {
				t.Fatalf("company %d was seen %d times", id, n)
			}
		}
	})
}

func sweep(sim *Simulator, after, size int) []int {
	sim.mu.RLock()
	defer sim.mu.RUnlock()
	q, err := sim.st.query(sim.st.tables[Companies], url.Values{"conditions": {"id > " + itoa(after)}}, &sim.sw)
	if err != nil {
		return nil
	}
	if err := sim.st.list(q, url.Values{"orderBy": {"id asc"}, "pageSize": {itoa(size)}}, false, &sim.sw); err != nil {
		return nil
	}
	rows, _ := q.rows()
	out := make([]int, len(rows))
	for i, r := range rows {
		out[i] = r.id
	}
	return out
}

func mutate(t *rapid.T, sim *Simulator, steady map[int]bool) {
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		ids := sim.IDs(Companies)
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			if _, err := sim.Put(Companies, map[string]any{"id": rapid.IntRange(1, 100).Draw(t, "new"), "name": "changed"}); err != nil {
				t.Fatal(err)
			}
		case 1:
			if len(ids) > 0 {
				gone := rapid.SampledFrom(ids).Draw(t, "gone")
				sim.Delete(Companies, gone)
				delete(steady, gone)
			}
		default:
			if len(ids) > 0 {
				slices.Reverse(ids)
				if _, err := sim.Put(Companies, map[string]any{"id": ids[0], "city": "moved"}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// Lists of what belongs to a record follow every change of the record that it belongs to.
func TestListsByParent(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	of := func(company int) map[string]any { return map[string]any{"id": company} }
	one := put(t, a.sim, Contacts, map[string]any{"firstName": "A", "company": of(10)})
	two := put(t, a.sim, Contacts, map[string]any{"firstName": "B", "company": of(10)})
	nobodys := put(t, a.sim, Contacts, map[string]any{"firstName": "C"})
	check := func(text string, want ...int) {
		t.Helper()
		if got := a.ids("/company/contacts", conditions(text)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
		if got := a.get("/company/contacts/count", conditions(text)).body; got != `{"count":`+itoa(len(want))+`}` {
			t.Errorf("%s: count %s", text, got)
		}
	}
	check("company/id in (10,20)", one, two)
	a.do("PATCH", "/company/contacts/"+itoa(one), `[{"op":"replace","path":"company","value":{"id":20}}]`).want(t, 200, "")
	check("company/id=10", two)
	check("company/id=20 and id in (1,2,3)", one)
	check("company/id in (10,20) and not id=1", two)
	check("company/id=10 or id=3", two, nobodys)
	check("not company/id=10", one, nobodys)
	a.do("DELETE", "/company/contacts/"+itoa(two), "").want(t, 204, "")
	check("company/id=10")
	put(t, a.sim, Contacts, map[string]any{"id": one, "company": nil})
	check("company/id in (20)")
	check("company=null", one, nobodys)
	check("id in (3,1,1)", one, nobodys)
	check("id in (1) and id > 1")
}
