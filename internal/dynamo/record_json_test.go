package dynamo

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// asJSON is an item as DynamoDB's protocol has it.
func asJSON(t *testing.T, it item) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, av := range it {
		switch v := av.(type) {
		case *types.AttributeValueMemberS:
			out[name] = map[string]any{"S": v.Value}
		case *types.AttributeValueMemberN:
			out[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberB:
			out[name] = map[string]any{"B": base64.StdEncoding.EncodeToString(v.Value)}
		case *types.AttributeValueMemberBOOL:
			out[name] = map[string]any{"BOOL": v.Value}
		default:
			t.Fatalf("%s is %T", name, av)
		}
	}
	return out
}

// oddRows have every attribute, and what is hard to write.
func oddRows() []syncer.Row {
	at := time.Date(2026, 11, 22, 10, 0, 0, 1, time.UTC)
	full := syncer.Row{
		Record: psa.Record{
			Type: psa.Contacts, ID: 1<<40 + 7, Name: "\"A\" <&> \\ \n\u2028 ünï", Parent: 12, LastUpdated: at, UpdatedBy: "é\x01",
			ReadAt: at.Add(time.Second), SoftDeleted: true, Data: []byte(`{"id":1}`),
		},
		Hash: "h", Sent: "\x00\xffsent", CreatedRun: "c", ChangedRun: "r", ChangedAt: at, Removed: syncer.Merged, RemovedAt: at, ScopeAt: at,
		MergedInto: 5, Skip: syncer.InvalidRecord, Fence: 9,
	}
	kept := full
	kept.Removed, kept.RemovedAt = "", time.Time{}
	outside := full
	outside.Removed, outside.ScopeAt = syncer.OutOfScope, time.Time{}
	return []syncer.Row{full, kept, outside, company(3), {}}
}

// The text that is written by hand is the item, and is read as the row.
func TestItemsByHand(t *testing.T) {
	t.Parallel()
	var c codec
	scope := psa.Scope{Account: "a#\"b", Generation: 3}
	w := itemWriter{codec: &c, scope: scope}
	for _, row := range append(oddRows(), company(4), company(5)) {
		it, err := c.item(scope, row)
		if err != nil {
			t.Fatal(err)
		}
		w.b = w.b[:0]
		w.item(row)
		var got map[string]any
		if err := json.Unmarshal(w.b, &got); err != nil {
			t.Fatalf("%s: %v", w.b, err)
		}
		if diff := cmp.Diff(asJSON(t, it), got); diff != "" {
			t.Errorf("item (-want +got):\n%s", diff)
		}
		want, err := unmarshal[recordItem](it)
		if err != nil {
			t.Fatal(err)
		}
		want.key, want.CPK, want.CSK, want.PPK, want.PSK = key{}, "", "", "", ""
		parsed, err := parseRecord(it)
		if diff := cmp.Diff(want, parsed, cmp.AllowUnexported(recordItem{})); diff != "" || err != nil {
			t.Errorf("parsed (-want +got): %v\n%s", err, diff)
		}
	}
	var answer []map[string]any
	var want []syncer.Row
	for _, row := range oddRows() {
		it, err := c.item(scope, row)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parseRecord(it)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := c.row(psa.Companies, parsed)
		if err != nil {
			t.Fatal(err)
		}
		answer, want = append(answer, asJSON(t, it)), append(want, kept)
	}
	last := map[string]any{"pk": map[string]any{"S": "a#\"b"}, "sk": map[string]any{"S": "7"}}
	body, err := json.Marshal(map[string]any{"Count": 5, "Items": answer, "LastEvaluatedKey": last})
	if err != nil {
		t.Fatal(err)
	}
	r := reading{codec: &c, typ: psa.Companies}
	for range 2 { // as often as the SDK asks
		if err := r.parse(body); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.rows); diff != "" {
			t.Errorf("read (-parsed +read):\n%s", diff)
		}
		if text(r.last, "pk") != "a#\"b" || text(r.last, "sk") != "7" || len(r.last) != 2 {
			t.Errorf("goes on at %v", r.last)
		}
	}
	for i := range body {
		if err := r.parse(body[:i]); err == nil {
			t.Fatalf("an answer that ends at byte %d is taken", i)
		}
	}
	for _, bad := range []string{`{"Items":[{"id":{"N":"x"}}]}`, `{"Items":[{"zip":{"B":"x"}}]}`, `{"Items":{}}`, `{"Items":[{"id":1}]}`} {
		if err := r.parse([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, err := parseRecord(item{"id": &types.AttributeValueMemberN{Value: "x"}}); err == nil {
		t.Error("a number that is none is taken")
	}
}
