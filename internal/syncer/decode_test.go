package syncer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

func mustType(t testing.TB, name psa.DataType) *Type {
	t.Helper()
	typ, ok := TypeNamed(name)
	if !ok {
		t.Fatalf("no type %s", name)
	}
	return typ
}

func TestDecode(t *testing.T) {
	t.Parallel()
	raw := `{"id":250,"identifier":"Cobalt","name":"  Cobalt & Söhne \u0000 ","status":{"id":1,"name":"Active","_info":{"status_href":"x"}},
	 "types":[{"id":4,"name":"Client","_info":{"a":"b"}},{"id":2,"name":null}],"market":null,"deletedFlag":false,
	 "portalPassword":"hush","somethingNew":{"a":1},"annualRevenue":1e3,
	 "_info":{"lastUpdated":"2026-06-09T21:59:47Z","updatedBy":"zoe"}}`
	sent := time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC)
	rec, err := mustType(t, psa.Companies).decoder().decode(Read{ID: 250, Raw: []byte(raw), SentAt: sent})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"deletedFlag":false,"id":250,"identifier":"Cobalt","name":"  Cobalt & Söhne \u0000 ","status":{"id":1,"name":"Active"},"types":[{"id":4,"name":"Client"},{"id":2}]}`
	if string(rec.Data) != want {
		t.Errorf("data\n got %s\nwant %s", rec.Data, want)
	}
	if rec.UpdatedBy != "zoe" || !rec.LastUpdated.Equal(time.Date(2026, 6, 9, 21, 59, 47, 0, time.UTC)) || !rec.ReadAt.Equal(sent) {
		t.Errorf("record %+v", rec)
	}
}

// The same record with its members in another order is the same bytes.
func TestDecodeIsCanonical(t *testing.T) {
	t.Parallel()
	a := `{"id":1,"firstName":"A","company":{"id":7,"name":"x","identifier":"y"},"_info":{"lastUpdated":"2026-01-01T00:00:00Z"}}`
	b := `{"_info":{"lastUpdated":"2026-01-01T00:00:00Z","x":"y"},"company":{"identifier":"y","_info":{"h":"z"},"name":"x","id":7},"firstName":"A","id":1,"title":null}`
	typ := mustType(t, psa.Contacts)
	ra, errA := typ.decoder().decode(Read{ID: 1, Raw: []byte(a)})
	rb, errB := typ.decoder().decode(Read{ID: 1, Raw: []byte(b)})
	if errA != nil || errB != nil || hashOf(ra, "") != hashOf(rb, "") || ra.Parent != 7 || rb.Parent != 7 {
		t.Errorf("%s %v\n%s %v", ra.Data, errA, rb.Data, errB)
	}
}

func TestDecodeOddRecords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", 50_000) // 100 kB
	for _, tt := range []struct {
		name, raw string
		ok        bool
	}{
		{"no _info", `{"id":1,"name":"a"}`, true},
		{"_info is null", `{"id":1,"name":"a","_info":null}`, true},
		{"a string of 100 kB", `{"id":1,"name":"` + long + `"}`, true},
		{"name is a number", `{"id":1,"name":5}`, true},
		{"emoji, right to left, zero width", `{"id":1,"name":"👩‍💻 שלום\u200b"}`, true},
		{"a lone surrogate", `{"id":1,"name":"\ud800"}`, true},
		{"deletedFlag is a string", `{"id":1,"deletedFlag":"true"}`, true},
		{"lastUpdated is no time", `{"id":1,"_info":{"lastUpdated":"yesterday"}}`, false},
		{"a list", `[1]`, false},
		{"cut", `{"id":1`, false},
		{"null", `null`, false},
		{"larger than an item", `{"id":1,"name":"` + strings.Repeat("x", MaxDataBytes) + `"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec, err := mustType(t, psa.Companies).decoder().decode(Read{ID: 1, Raw: []byte(tt.raw)})
			if tt.ok != (err == nil) || (err != nil && !errors.Is(err, psa.ErrInvalid)) {
				t.Fatalf("err = %v, want ok = %v", err, tt.ok)
			}
			if err == nil && (!json.Valid(rec.Data) || len([]rune(rec.Name)) > 200) {
				t.Errorf("record %+v", rec)
			}
		})
	}
}

// schema is a type of ../shared/connectwise/schemas.json.
type schema struct {
	P []struct {
		N string `json:"n"`
		T string `json:"t"`
	} `json:"p"`
}

// A record with every field of the vendor's own specification is kept, in
// the fields that are kept, and each kept field exists there.
func TestDecodeEveryFieldOfTheSpecification(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PSABRIDGE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	data, err := os.ReadFile(filepath.Join(dir, "connectwise", "schemas.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Log("the vendor's field tables are not here; TestDecode has records of the same shape")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var schemas map[string]schema
	if err := json.Unmarshal(data, &schemas); err != nil {
		t.Fatal(err)
	}
	for name, entity := range map[psa.DataType]string{psa.Companies: "Company", psa.Contacts: "Contact"} {
		typ := mustType(t, name)
		full := map[string]any{}
		for _, p := range schemas[entity].P {
			full[p.N] = sample(p.T)
		}
		full["id"] = 42
		raw, err := json.Marshal(full)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := typ.decoder().decode(Read{ID: 42, Raw: raw})
		if err != nil {
			t.Fatalf("%s: %v", entity, err)
		}
		var kept map[string]any
		if err := json.Unmarshal(rec.Data, &kept); err != nil {
			t.Fatal(err)
		}
		for _, f := range typ.Fields {
			if _, ok := kept[f]; !ok {
				t.Errorf("%s: %s is to be kept, and is not a field of %s", name, f, entity)
			}
		}
		if len(kept) != len(typ.Fields) {
			t.Errorf("%s: %d fields kept, want %d", name, len(kept), len(typ.Fields))
		}
	}
}

func sample(kind string) any {
	switch kind {
	case "int", "num":
		return 1.5
	case "bool":
		return false
	case "dt", "sdt":
		return "2026-01-01T00:00:00Z"
	case "ref":
		return map[string]any{"id": 1, "name": "n", "_info": map[string]string{"href": "h"}}
	case "arr":
		return []any{map[string]any{"id": 1, "value": nil}}
	case "obj":
		return map[string]any{"lastUpdated": "2026-01-01T00:00:00Z"}
	default:
		return fmt.Sprintf("%s with \"quotes\" and ünïcödé", kind)
	}
}

func TestSupersedes(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	row := func(updated, read int, fence int64, removed Reason) Row {
		return Row{Record: psa.Record{LastUpdated: at(updated), ReadAt: at(read)}, Fence: fence, Removed: removed}
	}
	for _, tt := range []struct {
		name     string
		new, old Row
		want     bool
	}{
		{"changed later", row(2, 5, 0, ""), row(1, 9, 0, ""), true},
		{"changed earlier, read later", row(1, 9, 0, ""), row(2, 5, 0, ""), false},
		{"same change, read later", row(1, 9, 0, ""), row(1, 5, 0, ""), true},
		{"same change, read earlier", row(1, 5, 0, ""), row(1, 9, 0, ""), false},
		{"the same read again", row(1, 5, 0, ""), row(1, 5, 0, ""), true},
		{"a run that lost its lease", row(9, 9, 1, ""), row(1, 1, 2, ""), false},
		{"a later run", row(1, 9, 3, ""), row(1, 1, 2, ""), true},
		{"a callback after a run", row(1, 9, 0, ""), row(1, 1, 2, ""), true},
		{"deleted after an unseen change", row(1, 9, 0, Deleted), row(5, 5, 2, ""), true},
		{"a page read before the deletion", row(5, 5, 2, ""), row(1, 9, 0, Deleted), false},
		{"back again", row(1, 10, 2, ""), row(1, 9, 0, Deleted), true},
	} {
		if got := tt.new.Supersedes(tt.old); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
