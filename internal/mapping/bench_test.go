package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/mapping/mappingtest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// manyNames are company names as a large MSP has them, in the order of a
// Directory.
func manyNames(n int) []mapping.Ref {
	first := []string{"Northwind", "Bluewater", "Müller & Söhne", "Acme", "Cedar Ridge", "O'Neil", "First National", "Zebra"}
	second := []string{"Dental Group", "Logistics, Inc.", "Partners LLP", "Manufacturing", "Legal", "Property Management", "Foods GmbH"}
	names := make([]mapping.Ref, n)
	for i := range names {
		names[i] = mapping.Ref{ID: psa.RecordID(i + 1), Name: fmt.Sprintf("%s %s %05d", first[i%len(first)], second[i%len(second)], i)}
	}
	slices.SortFunc(names, func(a, b mapping.Ref) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return names
}

// BenchmarkSearch is a keystroke in the type-ahead of an MSP with 50,000
// companies.
func BenchmarkSearch(b *testing.B) {
	names := manyNames(50_000)
	for _, text := range []string{"", "a", "müller", "legal 04", "nobody"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				mapping.Search(names, text, 20)
			}
		})
	}
}

// BenchmarkTypeAhead is the first keystroke of a process: it reads the names
// of 50,000 companies from the table.
func BenchmarkTypeAhead(b *testing.B) {
	client, table := dynamotest.New(b)
	store := dynamo.New(client, table, time.Now)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	for some := range slices.Chunk(manyNames(50_000), 500) {
		rows := make([]syncer.Row, len(some))
		for i, n := range some {
			rows[i] = syncer.Row{
				Record:    psa.Record{Type: psa.Companies, ID: n.ID, Name: n.Name, ReadAt: time.Now(), Data: []byte("{}")},
				ChangedAt: time.Now().Add(-time.Hour),
			}
		}
		if refused, err := store.Records().Write(b.Context(), scope, rows); err != nil || len(refused) > 0 {
			b.Fatal(refused, err)
		}
	}
	s := &mapping.Service{Directory: store.Directory()}
	search := func() {
		if found, err := s.CompanySearch(b.Context(), scope, "legal 04", 20); err != nil || len(found) != 20 {
			b.Fatal(len(found), err)
		}
	}
	search() // which makes the directory
	for b.Loop() {
		s.Directory = store.Directory()
		search()
	}
}

// BenchmarkTable is a page of 10,000 tenants, all of them mapped.
func BenchmarkTable(b *testing.B) {
	client, table := dynamotest.New(b)
	s := &mapping.Service{Store: dynamo.New(client, table, time.Now).Mapping()}
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	fill(b, s.Store, scope, 10_000, 10_000)
	for b.Loop() {
		if page, err := s.Table(b.Context(), scope, mapping.TableQuery{Text: "legal", Offset: 50, Limit: 50}); err != nil || len(page.Rows) != 50 {
			b.Fatal(len(page.Rows), err)
		}
	}
}

// fill stores n tenants, of which the first so many are mapped.
func fill(tb testing.TB, store mapping.Store, scope psa.Scope, n, mapped int) {
	tb.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i, name := range manyNames(n) {
		id := mapping.TenantID(fmt.Sprintf("6f1c22d4-0000-4000-8000-%012d", i))
		group.Go(func() error {
			_, err := store.PutTenant(tb.Context(), scope.Account, mapping.Tenant{ID: id, Name: name.Name, State: mapping.Active, ChangedAt: time.Now()})
			if err != nil || i >= mapped {
				return err
			}
			target := mapping.Target{Company: name, Agreement: mapping.Ref{ID: name.ID, Name: "Managed Services"}, Enabled: true}
			_, err = store.PutMappings(tb.Context(), scope, []mapping.Mapping{{Tenant: id, Target: target, By: "ada", At: time.Now()}}, nil)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		tb.Fatal(err)
	}
}

// Pages and counts are right with ten thousand tenants: every tenant stands on
// exactly one page of its tab.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	s := &mapping.Service{Store: mappingtest.NewStore()}
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	const tenants, mapped, page = 10_000, 3_777, 999
	fill(t, s.Store, scope, tenants, mapped)
	for tab, want := range map[mapping.Tab]int{mapping.All: tenants, mapping.Unmapped: tenants - mapped} {
		seen, before := map[mapping.TenantID]bool{}, ""
		for more := true; more; {
			got, err := s.Table(t.Context(), scope, mapping.TableQuery{Tab: tab, Offset: len(seen), Limit: page})
			if err != nil || got.AllCount != tenants || got.UnmappedCount != tenants-mapped {
				t.Fatalf("%s: %d/%d %v", tab, got.AllCount, got.UnmappedCount, err)
			}
			for _, r := range got.Rows {
				name := strings.ToLower(r.Tenant.Name)
				if seen[r.Tenant.ID] || name < before || tab == mapping.Unmapped && r.Mapping.Mapped() {
					t.Fatalf("%s: %s after %s", tab, name, before)
				}
				seen[r.Tenant.ID], before = true, name
			}
			more = got.More
		}
		if len(seen) != want {
			t.Errorf("%s: %d tenants on the pages, want %d", tab, len(seen), want)
		}
	}
}
