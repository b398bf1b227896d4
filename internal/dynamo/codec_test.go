package dynamo

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// company is a row as the engine makes it of a company in ConnectWise's shape.
func company(id int) syncer.Row {
	ref := func(id int, name string) map[string]any {
		return map[string]any{"id": id, "name": name}
	}
	data, _ := json.Marshal(map[string]any{
		"id": id, "identifier": fmt.Sprint("NORTHWIND", id), "name": fmt.Sprint("Northwind Traders ", id), "status": ref(1, "Active"),
		"types": []any{ref(1, "Customer"), ref(7, "Prospect")}, "addressLine1": "5021 W Nassau St", "addressLine2": "Suite 300",
		"city": "Tampa", "state": "FL", "zip": "33607", "country": ref(1, "United States"), "phoneNumber": "8139357100",
		"faxNumber": "", "website": "www.northwind.example", "territory": ref(38, "Southeast"), "market": ref(12, "Manufacturing"),
		"accountNumber": "A-77120", "defaultContact": ref(3, "Arnie Bellini"), "timeZoneSetup": ref(1, "US Eastern"),
		"leadFlag": false, "isVendorFlag": false, "deletedFlag": false,
		"customFields": []any{map[string]any{"id": 4, "caption": "Segment", "type": "Text", "entryMethod": "List", "numberOfDecimals": 0, "value": "Gold"}},
	})
	at := time.Date(2026, 11, 22, 10, 0, 0, 1, time.UTC)
	return syncer.Row{
		Record: psa.Record{
			Type: psa.Companies, ID: psa.RecordID(id), Name: fmt.Sprint("Northwind Traders ", id), LastUpdated: at, UpdatedBy: "tadams",
			ReadAt: at, Data: data,
		},
		Hash: "0123456789abcdef0123456789abcdef", Sent: "0123456789abcdef", CreatedRun: "01ARZ3NDEKTSV4RRFFQ69G5FAV", ChangedRun: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
		ChangedAt: at, Fence: 3,
	}
}

// A usual company costs one write unit: its item is at most 1 KB.
func TestUsualRowCostsOneUnit(t *testing.T) {
	t.Parallel()
	var c codec
	row := company(1234)
	it, err := c.item(psa.Scope{Account: "0a1b2c3d-4e5f-6789", Generation: 1}, row)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(it)
	if err != nil {
		t.Fatal(err)
	}
	size := itemSize(it)
	t.Logf("%d bytes of data, %d of item (%d of JSON)", len(row.Data), size, len(encoded))
	if size > 1024 {
		t.Errorf("an item of %d bytes costs more than one unit", size)
	}
}

func BenchmarkItem(b *testing.B) {
	var c codec
	row := company(1234)
	for b.Loop() {
		if _, err := c.item(psa.Scope{Account: "0a1b2c3d-4e5f-6789", Generation: 1}, row); err != nil {
			b.Fatal(err)
		}
	}
}

// itemSize is what DynamoDB charges for: names, and values without their
// types; a number takes about a byte for two digits.
func itemSize(it item) int {
	size := 0
	for name, v := range it {
		size += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			size += len(v.Value)
		case *types.AttributeValueMemberB:
			size += len(v.Value)
		case *types.AttributeValueMemberN:
			size += len(v.Value)/2 + 2
		default:
			size++
		}
	}
	return size
}

func BenchmarkAppendItem(b *testing.B) {
	var c codec
	row := company(1234)
	w := itemWriter{codec: &c, scope: psa.Scope{Account: "0a1b2c3d-4e5f-6789", Generation: 1}}
	for b.Loop() {
		w.b = w.b[:0]
		w.item(row)
	}
}
