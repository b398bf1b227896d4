package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Record is a stored record of ConnectWise's.
type Record struct {
	Type        string          `json:"type"`
	ID          int64           `json:"id"`
	Name        string          `json:"name"`
	Parent      int64           `json:"parent,omitempty" doc:"The id of the record it belongs to."`
	LastUpdated *time.Time      `json:"lastUpdated,omitempty" doc:"By ConnectWise's clock."`
	UpdatedBy   string          `json:"updatedBy,omitempty" doc:"ConnectWise's member."`
	ReadAt      time.Time       `json:"readAt" doc:"When it was asked for, by our clock."`
	ChangedAt   time.Time       `json:"changedAt" doc:"When a change was last stored, by our clock."`
	CreatedRun  string          `json:"createdRun,omitempty"`
	ChangedRun  string          `json:"changedRun,omitempty"`
	Removed     string          `json:"removed,omitempty" doc:"Why it is gone from ConnectWise: deleted or soft_deleted."`
	RemovedAt   *time.Time      `json:"removedAt,omitempty"`
	Data        json.RawMessage `json:"data,omitempty" doc:"The kept fields, by ConnectWise's names."`
}

func recordOf(r syncer.Row) Record {
	return Record{
		Type: string(r.Type), ID: int64(r.ID), Name: r.Name, Parent: int64(r.Parent), LastUpdated: optional(r.LastUpdated),
		UpdatedBy: r.UpdatedBy, ReadAt: r.ReadAt.UTC(), ChangedAt: r.ChangedAt.UTC(), CreatedRun: r.CreatedRun,
		ChangedRun: r.ChangedRun, Removed: string(r.Removed), RemovedAt: optional(r.RemovedAt), Data: r.Data,
	}
}

func (a *api) registerRecords() {
	const tag = "Records"
	add(a, operation{
		id: "listRecords", method: "GET", path: "/v1/records/{type}", tag: tag, access: reads,
		summary: "Records by id, or those changed since a time, removed ones included",
	}, a.listRecords)
	add(a, operation{
		id: "getRecord", method: "GET", path: "/v1/records/{type}/{id}", tag: tag, access: reads,
		summary: "One record, also a removed one",
	}, a.getRecord)
	add(a, operation{
		id: "syncRecord", method: "POST", path: "/v1/records/{type}/{id}/sync", tag: tag, access: changes,
		summary: "Read one record again, now",
	}, a.syncRecord)
}

type listRecordsInput struct {
	TypeInput
	PageInput

	ChangedSince time.Time `query:"changedSince" doc:"Oldest change first, at least once; the last ten seconds are left out."`
}

type listRecordsOutput struct {
	Body struct {
		Items []Record `json:"items" nullable:"false"`
		Next  string   `json:"next,omitempty" doc:"Where the next page begins; absent on the last."`
	} `nameHint:"Records"`
}

func (a *api) listRecords(ctx context.Context, in *listRecordsInput) (*listRecordsOutput, error) {
	row, err := in.known()
	if err != nil {
		return nil, err
	}
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	read := func(p syncer.Page) ([]syncer.Row, string, error) {
		if in.ChangedSince.IsZero() {
			return a.Records.List(ctx, scope, row.Name, p)
		}
		return a.Records.Changed(ctx, scope, row.Name, in.ChangedSince.UTC(), p)
	}
	rows, next, err := read(in.page())
	if n := fitting(rows); err == nil && n < len(rows) {
		rows, next, err = read(syncer.Page{Limit: n, After: in.After})
	}
	if err != nil {
		return nil, err
	}
	out := &listRecordsOutput{}
	out.Body.Items, out.Body.Next = listOf(rows, next, recordOf)
	return out, nil
}

// maxListBytes of data go into one answer; Lambda takes 6 MB, and JSON may
// escape some of it.
const maxListBytes = 3 << 20

// fitting is how many of rows, one at least, fit into an answer.
func fitting(rows []syncer.Row) int {
	size := 0
	for i, r := range rows {
		if size += len(r.Data); size > maxListBytes {
			return max(i, 1)
		}
	}
	return len(rows)
}

type recordOutput struct{ Body Record }

func (a *api) getRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	row, err := in.known()
	if err != nil {
		return nil, err
	}
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := a.Records.Get(ctx, scope, row.Name, psa.RecordID(in.ID))
	if err != nil {
		return nil, err
	}
	return &recordOutput{recordOf(stored)}, nil
}

func (a *api) syncRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	row, err := in.known()
	if err != nil {
		return nil, err
	}
	scope, st, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := running(st.Connection); err != nil {
		return nil, err
	}
	if _, err := a.Engine.SyncRecord(ctx, scope, row.Name, psa.RecordID(in.ID), callerOf(ctx).subject); err != nil {
		return nil, err
	}
	return a.getRecord(ctx, in)
}
