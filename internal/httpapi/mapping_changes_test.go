package httpapi_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
)

// largestEdits are as many edits as a change set takes, as the console sends
// them: with the names that it shows.
func largestEdits(t *testing.T, of int) string {
	t.Helper()
	var body struct {
		Edits []httpapi.MappingEdit `json:"edits"`
	}
	items := map[string]httpapi.Ref{}
	for sku := range 5 {
		items[fmt.Sprintf("sku-%d", sku)] = httpapi.Ref{ID: int64(700 + sku), Name: fmt.Sprintf("EMAIL-PROTECT-%03d", sku)}
	}
	for i := range of {
		body.Edits = append(body.Edits, httpapi.MappingEdit{Tenant: tenantNo(i), ETag: `"0"`, Target: httpapi.Target{
			Company:   httpapi.Ref{ID: int64(7 + i), Name: fmt.Sprintf("Northwind Traders of Springfield %04d", i)},
			Agreement: httpapi.Ref{ID: int64(70_000 + i), Name: fmt.Sprintf("Managed Services Agreement, Gold, since 2019 (%04d)", i)},
			Enabled:   true, Products: items,
		}})
	}
	out, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func tenantNo(i int) string {
	return fmt.Sprintf("%08x-1c7e-4f7a-9b7e-%012x", i*2654435761%(1<<32), i*40503)
}

// A change set of the largest size comes in, is worked, looked at and taken
// back, and has room in the table.
func TestLargestMappingChange(t *testing.T) {
	t.Parallel()
	s := connected(t)
	client, table := dynamotest.New(t)
	s.books.Store = dynamo.New(client, table, s.world.Now).Mapping()
	s.books.Catalog = nil
	for sku := range 5 {
		s.books.Catalog = append(s.books.Catalog, mapping.Product{SKU: mapping.SKU(fmt.Sprintf("sku-%d", sku)), Name: "Product", Meter: "seats"})
		s.books.cw.Catalog = append(s.books.cw.Catalog, mapping.Item{Ref: mapping.Ref{ID: psa.RecordID(700 + sku), Name: "ITEM"}})
	}
	s.books.cw.All, s.books.cw.Contract = nil, nil
	for i := range mapping.MaxChange {
		name := fmt.Sprintf("Northwind Traders of Springfield %04d", i)
		company := mapping.Company{Ref: mapping.Ref{ID: psa.RecordID(7 + i), Name: name}}
		s.books.cw.All = append(s.books.cw.All, company)
		s.books.cw.Contract = append(s.books.cw.Contract, mapping.Agreement{
			Ref: mapping.Ref{ID: psa.RecordID(70_000 + i), Name: fmt.Sprintf("Managed Services Agreement (%04d)", i)}, Company: company.ID,
		})
		tenant := mapping.Tenant{ID: mapping.TenantID(tenantNo(i)), Name: name + " Inc.", State: mapping.Active, ChangedAt: s.world.Now()}
		if _, err := s.books.Store.PutTenant(t.Context(), "msp-1", tenant); err != nil {
			t.Fatal(err)
		}
	}
	body := largestEdits(t, mapping.MaxChange)
	var c httpapi.MappingChange
	s.do(admin(), "POST", "/v1/mapping-changes", body).want(202, "").into(&c)
	started := largestItem(t, client, table)
	s.workChange(c.ID)
	s.do(member(), "GET", "/v1/mapping-changes/"+c.ID, "").want(200, "").into(&c)
	for _, row := range c.Rows {
		if row.Result != "applied" || row.Target.Company.Name == "" || row.Target.Agreement.Name == "" {
			t.Fatalf("%+v", row)
		}
	}
	if got := largestItem(t, client, table); len(c.Rows) != mapping.MaxChange || c.State != "applied" || got > 100<<10 {
		t.Errorf("%d rows %s, stored in %d bytes", len(c.Rows), c.State, got)
	}
	t.Logf("body of %d bytes, stored in %d, worked in %d", len(body), started, largestItem(t, client, table))
	s.do(admin(), "POST", "/v1/mapping-changes/"+c.ID+"/undo", "").want(202, "")
	s.workChange(c.ID)
	s.do(member(), "GET", "/v1/mappings", "").want(200, "").has(`"all":1000,"unmapped":1000`)
}

// workChange works a change set to its end.
func (s *server) workChange(id string) {
	s.t.Helper()
	for len(s.books.woken) > 0 {
		s.books.woken = s.books.woken[1:]
		if err := s.books.Work(s.t.Context(), psa.Scope{Account: "msp-1", Generation: 1}, id); err != nil {
			s.t.Fatal(err)
		}
	}
}

// largestItem is how many bytes the largest item has, but for numbers.
func largestItem(t *testing.T, client *dynamodb.Client, table string) (largest int) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			size := 0
			for name, v := range item {
				size += len(name)
				switch v := v.(type) {
				case *types.AttributeValueMemberS:
					size += len(v.Value)
				case *types.AttributeValueMemberB:
					size += len(v.Value)
				}
			}
			largest = max(largest, size)
		}
	}
	return largest
}

// More than an item has room for is refused with words, and a body that is
// larger than any change set is not read.
func TestMappingChangeTooLarge(t *testing.T) {
	t.Parallel()
	s := connected(t)
	client, table := dynamotest.New(t)
	s.books.Store = dynamo.New(client, table, time.Now).Mapping()
	var edits []string
	for i := range mapping.MaxChange { // ids that no packing makes smaller
		edits = append(edits, fmt.Sprintf(`{"tenant":%q,"etag":"\"0\"","target":{"company":{"id":1},"agreement":{"id":0},"enabled":false,"products":{%q:{"id":1}}}}`,
			tenantNo(i), noise()))
	}
	body := `{"edits":[` + strings.Join(edits, ",") + `]}`
	s.do(admin(), "POST", "/v1/mapping-changes", body).want(400, "bad_request").has("more than can be changed at once")
	s.do(admin(), "POST", "/v1/mapping-changes", strings.Repeat(" ", 1<<20+1)).want(413, "too_large")
	twice := `{"tenant":"t","etag":"\"0\"","target":{"company":{"id":0},"agreement":{"id":0},"enabled":false}}`
	for _, path := range []string{"/v1/mappings", "/v1/mapping-changes"} {
		s.do(admin(), "POST", path, `{"edits":[`+twice+`,`+twice+`]}`).want(400, "bad_request").has("comes twice")
	}
}

func noise() string {
	b := make([]byte, 400)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}
