package httpapi_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/httpapi"
)

var update = flag.Bool("update", false, "write the golden files")

const golden = "openapi.json"

func TestDocumentIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	got, err := httpapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("openapi.json is not current: run go run ./internal/cmd/openapi\n%s", diff)
	}
	// What is served is the same, and open to all.
	a := newServer(t).do(nil, "GET", "/v1/openapi.json", "").want(200, "")
	if a.body != string(got) || a.header.Get("Content-Type") != "application/json" {
		t.Error("the document served is another one")
	}
}

// document is what the checks below need of OpenAPI 3.1.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]map[string]any
	Components struct {
		Schemas map[string]any
	}
}

func TestDocumentIsSound(t *testing.T) {
	t.Parallel()
	raw, err := httpapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("version %s", doc.OpenAPI)
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			where := method + " " + path
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] || op["summary"] == nil {
				t.Errorf("%s: no id of its own or no summary", where)
			}
			ids[id] = true
			checkParameters(t, where, path, op)
			responses, _ := op["responses"].(map[string]any)
			if problem, _ := json.Marshal(responses["default"]); !strings.Contains(string(problem), `application/problem+json`) {
				t.Errorf("%s: errors are not problem documents", where)
			}
		}
	}
	var all any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	walkSchemas(t, "#", all, doc.Components.Schemas)
}

// checkParameters: each name in the path's braces is declared, and nothing
// else is in the path.
func checkParameters(t *testing.T, where, path string, op map[string]any) {
	t.Helper()
	declared := map[string]bool{}
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		if m, ok := p.(map[string]any); ok && m["in"] == "path" {
			name, _ := m["name"].(string)
			declared[name] = true
			if m["required"] != true {
				t.Errorf("%s: %s is not required", where, name)
			}
		}
	}
	if strings.Count(path, "{") != len(declared) {
		t.Errorf("%s: path parameters %v", where, declared)
	}
	for name := range declared {
		if !strings.Contains(path, "{"+name+"}") {
			t.Errorf("%s: %s is not in the path", where, name)
		}
	}
}

// walkSchemas: references lead somewhere, and no list may be null.
func walkSchemas(t *testing.T, at string, v any, schemas map[string]any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			walkSchemas(t, at, item, schemas)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); !ok || schemas[name] == nil {
				t.Errorf("%s: %s leads nowhere", at, ref)
			}
		}
		if kinds, ok := v["type"].([]any); ok {
			t.Errorf("%s: may be one of %v; lists are never null", at, kinds)
		}
		if v["type"] == "array" && v["items"] == nil {
			t.Errorf("%s: an array of anything", at)
		}
		for key, item := range v {
			walkSchemas(t, at+"/"+key, item, schemas)
		}
	}
}
