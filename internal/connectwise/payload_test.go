package connectwise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
)

// shared is the vendor's OpenAPI document, nil if it is not at hand.
func shared(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	dir := os.Getenv("PSABRIDGE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "connectwise", "openapi-2026.4-get-subset.json"))
	if err != nil {
		t.Log("the vendor's OpenAPI document is not at hand; the repository's own fixtures are used")
		return nil
	}
	var doc struct {
		Components struct {
			Schemas map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Components.Schemas) == 0 {
		t.Fatalf("the vendor's OpenAPI document: %v", err)
	}
	return doc.Components.Schemas
}

type schema struct {
	Ref        string                     `json:"$ref"`
	Type       string                     `json:"type"`
	Format     string                     `json:"format"`
	Enum       []any                      `json:"enum"`
	Items      json.RawMessage            `json:"items"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// example makes a value with every property of a schema.
func example(t *testing.T, all map[string]json.RawMessage, raw json.RawMessage, depth int) any {
	t.Helper()
	var s schema
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	switch {
	case s.Ref != "":
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		if depth > 6 || all[name] == nil {
			return map[string]any{"id": 1}
		}
		return example(t, all, all[name], depth+1)
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.Properties) > 0:
		out := make(map[string]any, len(s.Properties))
		for name, p := range s.Properties {
			out[name] = example(t, all, p, depth+1)
		}
		return out
	case s.Type == "array":
		return []any{example(t, all, s.Items, depth+1), nil}
	case s.Type == "integer":
		return 42
	case s.Type == "number":
		return 0.125
	case s.Type == "boolean":
		return true
	case s.Format == "date-time":
		return "2026-01-01T00:00:00Z"
	case s.Type == "string":
		return "漢字 \"q\" \\ </script> \u0000 😀"
	}
	return map[string]any{"key": nil}
}

func payloads(t *testing.T) []json.RawMessage {
	t.Helper()
	records := []string{
		`{"id":1,"name":null,"company":{"id":2,"name":null,"_info":{}},"types":[],"customFields":[{"id":3,"value":null}],"unknown":{"a":[1,-2.5e-7,{"id":9}]}}`,
		`{"name":"id last","id":2}`,
		`{"id":3,"name":"` + strings.Repeat("x", 100<<10) + `","note":"` + strings.Repeat(`\u6f22`, 100<<10/6) + `"}`,
		`{"id":4,"name":"Ünïcödé ﷽ 👩‍👩‍👧‍👦 \ud83d\ude00 \u0000","\u0069":"escaped member"}`,
		"{\"id\":5,\t\"name\" : \"white space\"\r\n}",
	}
	var out []json.RawMessage
	for _, r := range records {
		out = append(out, json.RawMessage(r))
	}
	all := shared(t)
	for _, name := range []string{"Company", "Contact"} {
		if all == nil {
			break
		}
		v, ok := example(t, all, all[name], 0).(map[string]any)
		if !ok || len(v) < 20 {
			t.Fatalf("%s has %d properties", name, len(v))
		}
		v["id"] = len(out) + 1
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// Records come through as the vendor sends them, byte for byte, over TLS and
// HTTP/2 as well.
func TestPayloadsComeThrough(t *testing.T) {
	t.Parallel()
	records := payloads(t)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && r.ProtoMajor != 2 {
			t.Errorf("over %s", r.Proto)
		}
		w.Header().Set("Link", "")
		if rest, ok := strings.CutPrefix(r.URL.Path, "/v4_6_release/apis/3.0/company/companies/"); ok {
			var i int
			fmt.Sscan(rest, &i)
			w.Write(records[i-1])
			return
		}
		io.WriteString(w, "["+string(bytes.Join(asBytes(records), []byte(",")))+"]")
	}
	secure := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, s := range []*httptest.Server{serve(t, handler), secure} {
		cfg := testConfig(t, s)
		o := HTTPOptions{AllowLoopback: true}
		if s.TLS != nil {
			o.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		}
		cfg.HTTP = testHTTP(t, o)
		c := newClient(t, cfg)
		p, err := c.ReadRange(t.Context(), "/company/companies", RangeQuery{})
		if err != nil || len(p.Items) != len(records) {
			t.Fatalf("%d of %d records, %v", len(p.Items), len(records), err)
		}
		for i, want := range records {
			one, _, err := c.Get(t.Context(), "/company/companies", psa.RecordID(i+1), nil)
			if err != nil || !bytes.Equal(one, want) || !bytes.Equal(p.Items[i], want) || p.IDs[i] != psa.RecordID(i+1) {
				t.Errorf("record %d: %v, %d bytes of %d", i+1, err, len(one), len(want))
			}
		}
	}
}

func asBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, r := range list {
		out[i] = r
	}
	return out
}

// A page of a thousand large records is within the bounds.
func TestLargePage(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("x", 20<<10)
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "")
		for i := range 1000 {
			fmt.Fprintf(w, `%s{"id":%d,"x":"%s"}`, "[,"[min(i, 1):][:1], i+1, filler)
		}
		io.WriteString(w, "]")
	})
	if p, err := c.ReadRange(t.Context(), "/company/companies", RangeQuery{}); err != nil || len(p.Items) != 1000 {
		t.Errorf("%d items, %v", len(p.Items), err)
	}
}
