package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
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

// erasing is a store with data of several scopes, whose every remote call takes
// a second of its clock.
func erasing(t *testing.T) (s store, client *dynamodb.Client, table string) {
	t.Helper()
	client, table = dynamotest.New(t)
	c, faults := newClock(), new(dynamotest.Faults)
	takesTime := func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("takesTime", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			c.pass(time.Second)
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	}
	db := dynamotest.Client(t, faults.Apply, takesTime)
	s = store{clock: c, Store: dynamo.New(db, table, c.now), faults: faults}
	for _, sc := range append(slices.Clone(others), scope) {
		s.fillScope(t, sc)
	}
	return s, client, table
}

// All of a scope goes, however often erasing dies or runs out of time on the
// way, and nothing of another scope.
func TestErase(t *testing.T) {
	t.Parallel()
	for name, attempt := range map[string]func(t *testing.T, s store, n int) bool{
		"dies before its nth call": func(t *testing.T, s store, n int) bool { return s.eraseKilled(t, n, localawstest.Before) },
		"dies after its nth call":  func(t *testing.T, s store, n int) bool { return s.eraseKilled(t, n, localawstest.After) },
		"has time for n calls":     func(t *testing.T, s store, n int) bool { return s.eraseInTime(t, n) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, table := erasing(t)
			before := itemsOf(t, client, table)
			if mine := before[scope.String()]; mine < 50 || before[others[0].String()] != mine {
				t.Fatalf("items to erase and of others: %v", before)
			}
			n := 0
			for !attempt(t, s, n) {
				if n++; n > 1000 {
					t.Fatal("erasing does not end within 1000 calls")
				}
			}
			if n < 50 {
				t.Errorf("erasing was through after %d interruptions, too few to show anything", n)
			}
			before[scope.String()] = 0
			wantEqual(t, "items left", itemsOf(t, client, table), before)
			if done, err := s.Eraser().Erase(t.Context(), scope, time.Hour); err != nil || !done {
				t.Errorf("once more: %v %v", done, err)
			}
		})
	}
}

// eraseKilled erases in a process that dies at its nth remote call, and
// reports whether it got through before. With 0 it dies at the first.
func (s store) eraseKilled(t *testing.T, n int, when localawstest.When) bool {
	t.Helper()
	s.faults.KillAt(n+1, when)
	defer s.faults.Revive()
	done, err := s.Eraser().Erase(t.Context(), scope, time.Hour)
	if killed := s.faults.Killed(); killed && (done || !errors.Is(err, localawstest.ErrKilled)) || !killed && (err != nil || !done) {
		t.Fatalf("killed at call %d %v: done %v, %v", n+1, killed, done, err)
	}
	return done
}

// eraseInTime erases with time for n remote calls, and reports whether it got
// through. What was begun within the time is finished.
func (s store) eraseInTime(t *testing.T, n int) bool {
	t.Helper()
	const finish = 4
	s.faults.Revive()
	done, err := s.Eraser().Erase(t.Context(), scope, time.Duration(n)*time.Second)
	must(t, err)
	if calls := len(s.faults.Calls()); calls > n+finish {
		t.Fatalf("%d calls in the time of %d: %v", calls, n, s.faults.Calls())
	}
	return done
}

// itemsOf counts what is stored for each scope.
func itemsOf(t *testing.T, client *dynamodb.Client, table string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, sc := range append(slices.Clone(others), scope) {
		found[sc.String()] = len(keysOf(t, client, table, prefixOf(sc)))
	}
	return found
}

// prefixOf is what every partition of a scope begins with.
func prefixOf(s psa.Scope) string {
	return fmt.Sprintf("a#%s#g%d#", s.Account, s.Generation)
}
