package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/usage"
)

// keysOf scans the table for the partitions of a scope; the product never
// scans.
func keysOf(t *testing.T, client *dynamodb.Client, table, prefix string) []string {
	t.Helper()
	var found []string
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, it := range page.Items {
			pk, _ := it["pk"].(*types.AttributeValueMemberS)
			sk, _ := it["sk"].(*types.AttributeValueMemberS)
			if strings.HasPrefix(pk.Value, prefix) {
				found = append(found, pk.Value+" | "+sk.Value)
			}
		}
	}
	return found
}

// fillScope stores something of everything.
func (s store) fillScope(t *testing.T, scope psa.Scope) {
	t.Helper()
	for _, typ := range []psa.DataType{psa.Companies, psa.Contacts} {
		var rows []syncer.Row
		for _, id := range []psa.RecordID{1, 2, 3, 1023, 1024, 5000, 1 << 40} {
			row := s.row(id, 10)
			row.Type = typ
			rows = append(rows, row)
		}
		gone := rows[2] // a tombstone that has expired, and is still there
		gone.Removed, gone.RemovedAt, gone.ReadAt = syncer.Deleted, s.now().Add(-100*24*time.Hour), s.now()
		s.write(t, scope, rows...)
		s.write(t, scope, gone)
		for _, id := range []string{"01A", "01B"} {
			run := s.newRun(string(typ) + id)
			run.Scope, run.Type = scope, typ
			run, _, err := s.Runs().CreateRun(t.Context(), run, s.now().Add(time.Minute), s.entry("run_queued"))
			must(t, err)
			shards := []syncer.Shard{{RunID: run.ID}, {RunID: run.ID, No: 1}}
			run.State, run.Shards = syncer.Running, 2
			must(t, s.Runs().PlanRun(t.Context(), run, shards, s.entry("run_started")))
			must(t, s.Runs().PutSkips(t.Context(), scope, []syncer.Skip{{Type: typ, ID: 9, RunID: run.ID, At: s.now()}}))
			run.State = syncer.Succeeded
			must(t, s.Runs().EndRun(t.Context(), run, s.now(), s.entry("run_succeeded")))
		}
	}
	_, err := s.Mapping().PutMappings(t.Context(), scope, []mapping.Mapping{{Tenant: "t", At: s.now()}}, []mapping.Note{{At: s.now()}})
	must(t, err)
	_, err = s.Mapping().PutProducts(t.Context(), scope, mapping.Products{At: s.now()}, mapping.Note{At: s.now()})
	must(t, err)
	must(t, s.Mapping().CreateChange(t.Context(), scope, mapping.Change{ID: "c", At: s.now()}))
	_, err = s.Directory().Names(t.Context(), scope)
	must(t, err)
	_, err = s.Postings(0).PutSeries(t.Context(), usage.Series{Scope: scope, Key: usage.SeriesKey{Agreement: 1, Product: 2}}, usage.Entry{At: s.now()})
	must(t, err)
	must(t, s.Usage().PutSchedule(t.Context(), usage.Schedule{Scope: scope, Zone: "UTC", NextAt: s.now()}))
}

// All of a scope goes, however often erasing dies on the way, and nothing of
// another scope.
func TestErase(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	c := newClock()
	s := store{clock: c, Store: dynamo.New(client, table, c.now), faults: faults}
	for _, sc := range append(slices.Clone(others), scope) {
		s.fillScope(t, sc)
	}
	before := map[string]int{}
	for _, other := range others {
		before[other.String()] = len(keysOf(t, client, table, prefixOf(other)))
	}
	mine := len(keysOf(t, client, table, prefixOf(scope)))
	if mine < 50 || before[others[0].String()] != mine {
		t.Fatalf("%d items to erase, %v of others", mine, before)
	}
	if done, err := s.Eraser().Erase(t.Context(), scope, 0); err != nil || done {
		t.Errorf("without time: %v %v", done, err)
	}
	calls := 0
	for done := false; !done; calls++ {
		if calls > 200 {
			t.Fatal("erasing does not end")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+calls)*time.Millisecond)
		var err error
		done, err = s.Eraser().Erase(ctx, scope, time.Duration(calls)*time.Millisecond)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "deadline") {
			t.Fatal(err)
		}
	}
	if left := keysOf(t, client, table, prefixOf(scope)); len(left) > 0 {
		t.Errorf("%d left after %d calls: %v", len(left), calls, left)
	}
	after := map[string]int{}
	for _, other := range others {
		after[other.String()] = len(keysOf(t, client, table, prefixOf(other)))
	}
	if !maps.Equal(before, after) {
		t.Errorf("others had %v items and have %v", before, after)
	}
	if done, err := s.Eraser().Erase(t.Context(), scope, time.Minute); err != nil || !done {
		t.Errorf("once more: %v %v", done, err)
	}
}

// prefixOf is what every partition of a scope begins with.
func prefixOf(s psa.Scope) string {
	return fmt.Sprintf("a#%s#g%d#", s.Account, s.Generation)
}
