package syncer

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// storedAs is the row that the engine makes of a record that it reads first.
func storedAs(t *testing.T, typ *Type, r Read) Row {
	t.Helper()
	rec := judgeAlone(typ.decoder(), filter.Filter{}, r)
	rec.sent = typ.prints().of(r.Raw)
	row, changed, err := testEngine().merge(t.Context(), Run{ID: "first", Fence: 1}, rec, Row{})
	if err != nil || !changed {
		t.Fatalf("first read of %s: %v, %v", r.Raw, changed, err)
	}
	row.Data = nil // as Lookup has it
	return row
}

func testEngine() *Engine { return &Engine{opt: Options{Now: time.Now}} }

// A record that was sent again is judged as decoding it would have it.
func TestSentAgainIsAsDecoded(t *testing.T) {
	t.Parallel()
	for _, typ := range Types() {
		for _, raw := range []string{
			`{"id":5,"name":"a","firstName":"b","deletedFlag":false,"_info":{"lastUpdated":"2026-06-09T21:59:47Z","updatedBy":"zoe"}}`,
			`{"id":5,"name":"a","deletedFlag":true,"company":{"id":7}}`, `{"id":5}`,
		} {
			first := Read{ID: 5, Raw: []byte(raw), SentAt: time.Unix(100, 0)}
			if typ.Under() {
				first.Parent = 9
			}
			old := storedAs(t, typ, first)
			again := first
			again.SentAt = time.Unix(200, 0)
			if !sentAgain(typ, filter.Filter{}, again, old.Sent, old) {
				t.Errorf("%s: %s is not known again", typ.Name, raw)
			}
			want, got := judgeAlone(typ.decoder(), filter.Filter{}, again), judgeAgain(again, old)
			want.Data = nil
			got.again = false
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(judged{})); diff != "" {
				t.Errorf("%s: %s (-decoded +again):\n%s", typ.Name, raw, diff)
			}
		}
	}
}

func TestNotSentAgain(t *testing.T) {
	t.Parallel()
	typ := mustType(t, psa.Companies)
	read := Read{ID: 5, Raw: []byte(`{"id":5,"name":"a"}`)}
	old := storedAs(t, typ, read)
	other := *typ
	other.Fields = slices.Concat(typ.Fields, []string{"annualRevenue"})
	some := filter.Filter{Statuses: []int64{1}}
	for _, tt := range []struct {
		name string
		typ  *Type
		f    filter.Filter
		raw  string
		edit func(*Row)
	}{
		{"another byte", typ, filter.Filter{}, `{"id":5,"name":"b"}`, nil},
		{"more is kept", &other, filter.Filter{}, string(read.Raw), nil},
		{"a filter looks at it", typ, some, string(read.Raw), nil},
		{"nothing is stored", typ, filter.Filter{}, string(read.Raw), func(r *Row) { *r = Row{} }},
		{"it was stored before there were prints", typ, filter.Filter{}, string(read.Raw), func(r *Row) { r.Sent = "" }},
		{"it was skipped", typ, filter.Filter{}, string(read.Raw), func(r *Row) { r.Skip = InvalidRecord }},
		{"it was gone", typ, filter.Filter{}, string(read.Raw), func(r *Row) { r.Removed = Deleted }},
		{"it was merged", typ, filter.Filter{}, string(read.Raw), func(r *Row) { r.Removed = Merged }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row := old
			if tt.edit != nil {
				tt.edit(&row)
			}
			if sentAgain(tt.typ, tt.f, Read{ID: 5, Raw: []byte(tt.raw)}, tt.typ.prints().of([]byte(tt.raw)), row) {
				t.Error("it is taken for the same")
			}
		})
	}
	moved := read
	moved.Parent = 8
	if sentAgain(typ, filter.Filter{}, moved, old.Sent, old) {
		t.Error("a record below another parent is taken for the same")
	}
}

// What becomes of a record that was sent again may be something else: then it
// has its data.
func TestSentAgainUnderAnotherStanding(t *testing.T) {
	t.Parallel()
	typ := mustType(t, psa.Contacts)
	read := Read{ID: 5, Raw: []byte(`{"id":5,"firstName":"a","company":{"id":7}}`)}
	old := storedAs(t, typ, read)
	same := judgeAgain(read, old)
	if same.settle(typ.decoder(), read, old); !same.again {
		t.Error("what stands as it did is decoded")
	}
	old.Removed = OutOfScope
	back := judgeAgain(read, old)
	if back.settle(typ.decoder(), read, old); back.again || string(back.Data) != `{"company":{"id":7},"firstName":"a","id":5}` || back.removed != "" {
		t.Errorf("what comes back is %+v", back)
	}
}
