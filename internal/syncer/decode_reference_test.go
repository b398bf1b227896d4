package syncer

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
)

// reference is decode as encoding/json would have it, by way of maps; false if
// it refuses the record.
func reference(t *Type, r Read) (psa.Record, any, bool) {
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(r.Raw))
	dec.UseNumber()
	if !json.Valid(r.Raw) || dec.Decode(&fields) != nil || fields == nil {
		return psa.Record{}, nil, false
	}
	rec := psa.Record{Type: t.Name, ID: r.ID, ReadAt: r.SentAt}
	rec.SoftDeleted, _ = fields[t.DeletedFlag].(bool)
	rec.SoftDeleted = rec.SoftDeleted && t.DeletedFlag != ""
	if ref, ok := fields[t.ParentField].(map[string]any); ok && t.ParentField != "" {
		n, _ := ref["id"].(json.Number)
		if id, err := n.Int64(); err == nil && id > 0 {
			rec.Parent = psa.RecordID(id)
		}
	}
	if info, ok := fields["_info"].(map[string]any); ok {
		rec.UpdatedBy, _ = info["updatedBy"].(string)
		if s, _ := info["lastUpdated"].(string); s != "" {
			at, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return psa.Record{}, nil, false
			}
			rec.LastUpdated = at.UTC()
		}
	}
	var parts []string
	for _, f := range t.NameFields {
		if s, ok := fields[f].(string); ok && strings.TrimSpace(s) != "" {
			parts = append(parts, strings.TrimSpace(s))
		}
	}
	name := []rune(strings.Join(parts, " "))
	rec.Name = string(name[:min(len(name), 200)])
	kept := map[string]any{}
	for _, f := range t.Fields {
		if v := fields[f]; v != nil {
			kept[f] = withoutLinks(v)
		}
	}
	return rec, kept, true
}

// withoutLinks drops nulls and _info from everything below v.
func withoutLinks(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil || k == "_info" {
				delete(v, k)
				continue
			}
			v[k] = withoutLinks(e)
		}
	case []any:
		for i, e := range v {
			v[i] = withoutLinks(e)
		}
	}
	return v
}

// checkDecode compares decode with its reference.
func checkDecode(t *testing.T, typ *Type, raw []byte) {
	t.Helper()
	read := Read{ID: 1, Raw: raw}
	want, kept, ok := reference(typ, read)
	got, err := typ.decoder().decode(read)
	nested := bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte("{")) > 200
	if ok != (err == nil) && !nested && len(raw) < MaxDataBytes/6 {
		t.Fatalf("%s %q: %v, want ok = %v", typ.Name, raw, err, ok)
	}
	if err != nil || !ok {
		return
	}
	var data any
	dec := json.NewDecoder(bytes.NewReader(got.Data))
	dec.UseNumber()
	if err := dec.Decode(&data); err != nil {
		t.Fatalf("%s %q: data %s: %v", typ.Name, raw, got.Data, err)
	}
	got.Data = nil
	if diff := cmp.Diff(kept, data); diff != "" {
		t.Fatalf("%s %q: data (-want +got):\n%s", typ.Name, raw, diff)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s %q (-want +got):\n%s", typ.Name, raw, diff)
	}
}

// FuzzDecode: what is kept of any text is what encoding/json would keep.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"name":"a","_info":{"lastUpdated":"2026-01-01T00:00:00Z"}}`,
		`{"id":1,"company":{"id":-1}}`, `{"company":{"id":7,"id":1e3},"firstName":"\u0041","lastName":" b ","":{"id":5}}`,
		`{"id":1,"name":"a","name":null,"status":{"z":1,"a":null,"_info":{}},"types":[null,{"b":1,"a":2}],"deletedFlag":true}`,
		`{"_info":"x","name":5,"city":"\ud800\u2028","zip":"<&>"}`, `{"company":null,"company":{"id":"7"}}`, `null`, `[1]`, `{`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, name := range []psa.DataType{psa.Companies, psa.Contacts} {
			checkDecode(t, mustType(t, name), raw)
		}
	})
}
