package cwsim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sharedJSON reads a reference file that lies beside the repository, if it does. The repository's own tests hold the rules
// that these files confirm.
func sharedJSON(t *testing.T, name string) map[string]any {
	t.Helper()
	dir := os.Getenv("PSABRIDGE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if os.IsNotExist(err) {
		t.Logf("%s is not there: covered by what the repository holds", name)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at walks down a decoded document.
func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// specKind is the kind that a property of the specification has.
func specKind(p map[string]any) kind {
	if _, isRef := p["$ref"]; isRef {
		return kindRef
	}
	switch p["type"] {
	case "integer":
		return kindInt
	case "number":
		return kindNumber
	case "boolean":
		return kindBool
	case "object":
		return kindInfo
	case "array":
		return specArray(p)
	}
	switch p["format"] {
	case "date-time":
		return kindTime
	case "uuid":
		return kindGUID
	}
	return kindString
}

func specArray(p map[string]any) kind {
	target, isRef := at(p, "items", "$ref").(string)
	switch {
	case strings.HasSuffix(target, "Reference"):
		return kindRefs
	case isRef:
		return kindObjects
	case at(p, "items", "type") == "integer":
		return kindInts
	}
	return kindStrings
}

// The schema has every field of the vendor's specification, with its type, and no other.
func TestSchemaMatchesTheSpecification(t *testing.T) {
	t.Parallel()
	spec := sharedJSON(t, "connectwise/openapi-2026.4-get-subset.json")
	if spec == nil {
		return
	}
	schemas, _ := at(spec, "components", "schemas").(map[string]any)
	all := entities()
	for table, name := range map[string]string{
		Companies: "Company", Contacts: "Contact", CompanyTypes: "CompanyType", CompanyStatuses: "CompanyStatus", ContactTypes: "ContactType", Locations: "Location",
		Opportunities: "Opportunity", Forecasts: "ForecastItem", Catalog: "CatalogItem", Agreements: "Agreement", Additions: "Addition", Invoices: "Invoice",
		Tickets: "Ticket", TimeEntries: "TimeEntry", ScheduleEntries: "ScheduleEntry", Projects: "Project", ProjectTickets: "ProjectTicket",
		ProjectPhases: "ProjectPhase", SalesOrders: "Order", Products: "ProductItem", Activities: "Activity", CompanyNotes: "CompanyNote",
		CompanyGroupings: "CompanyGroup", Members: "Member", OpportunityStatuses: "OpportunityStatus", OpportunityTypes: "OpportunityType",
	} {
		e := all[table]
		properties, _ := at(schemas, name, "properties").(map[string]any)
		for property, v := range properties {
			_, f := e.field(property)
			if slices.Contains(unsimulated(), property) {
				continue
			}
			if f == nil {
				t.Errorf("%s: %s is missing", table, property)
				continue
			}
			p, _ := v.(map[string]any)
			if want := specKind(p); f.kind != want && f.kind != kindDay {
				t.Errorf("%s: %s has kind %d, want %d", table, property, f.kind, want)
			}
			checkReference(t, schemas, table, f, p)
			if limit := specLimit(p); f.max > limit {
				t.Errorf("%s: %s may be %d long, the specification says %d", table, property, f.max, limit)
			}
		}
		for _, f := range e.fields {
			if _, ok := properties[f.name]; !ok && !f.hidden {
				t.Errorf("%s: the specification has no %s", table, f.name)
			}
		}
	}
}

// unsimulated are members that nobody has needed yet: objects inside objects, and details of references.
func unsimulated() []string {
	return []string{
		"office365", "ssoSettings", "recurring", "tasks", "chargeFirmFlag", "utilizationFlag", "sort", "isClosed", "lockedFlag", "server",
		"billingType", "invoiceDate", "invoice/identifier", "salesOrder/identifier",
	}
}

// checkReference compares what a reference shows with what the specification says it shows.
func checkReference(t *testing.T, schemas map[string]any, table string, f *field, p map[string]any) {
	t.Helper()
	target, _ := p["$ref"].(string)
	if f.kind == kindRefs {
		target, _ = at(p, "items", "$ref").(string)
	}
	if target == "" || f.kind == kindObjects {
		return
	}
	properties, _ := at(schemas, strings.TrimPrefix(target, "#/components/schemas/"), "properties").(map[string]any)
	for name := range properties {
		if name != "_info" && !f.ref.has(name) && !slices.Contains(unsimulated(), name) && !slices.Contains(unsimulated(), f.name+"/"+name) {
			t.Errorf("%s: reference %s lacks %s", table, f.name, name)
		}
	}
	for _, name := range f.ref.fields {
		if properties[name] == nil {
			t.Errorf("%s: reference %s has %s", table, f.name, name)
		}
	}
}

// specLimit reads "Max length: 50;" out of a description.
func specLimit(p map[string]any) int {
	text, _ := p["description"].(string)
	_, rest, found := strings.Cut(text, "Max length: ")
	if !found {
		return 1 << 30
	}
	digits, _, _ := strings.Cut(rest, ";")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// Every reference of every table points at a table, so that a request can never meet a hole.
func TestReferencesHaveTables(t *testing.T) {
	t.Parallel()
	all := entities()
	var check func(e *entity)
	check = func(e *entity) {
		for _, f := range e.fields {
			if f.kind == kindObjects {
				check(f.sub)
			}
			if f.kind != kindRef && f.kind != kindRefs {
				continue
			}
			target := all[f.ref.table]
			if target == nil {
				t.Errorf("%s: %s points at %q", e.name, f.name, f.ref.table)
				continue
			}
			for _, name := range f.ref.fields {
				if _, ok := target.index[name]; !ok && name != "name" {
					t.Errorf("%s: %s shows %s, which %s lacks", e.name, f.name, name, target.name)
				}
			}
		}
	}
	for _, e := range all {
		check(e)
	}
	for _, e := range endpoints() {
		if all[e.table] == nil {
			t.Errorf("%s serves no table", e.path)
		}
	}
}
