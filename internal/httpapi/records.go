package httpapi

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
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
	Removed     string          `json:"removed,omitempty" enum:"deleted,soft_deleted,merged,out_of_scope,skipped" doc:"Why it is not kept."`
	MergedInto  int64           `json:"mergedInto,omitempty" doc:"The record that it is part of now."`
	RemovedAt   *time.Time      `json:"removedAt,omitempty"`
	Data        json.RawMessage `json:"data,omitempty" doc:"The kept fields, by ConnectWise's names."`
}

func recordOf(r syncer.Row) Record {
	return Record{
		Type: string(r.Type), ID: int64(r.ID), Name: r.Name, Parent: int64(r.Parent), LastUpdated: optional(r.LastUpdated),
		UpdatedBy: r.UpdatedBy, ReadAt: r.ReadAt.UTC(), ChangedAt: r.ChangedAt.UTC(), CreatedRun: r.CreatedRun,
		ChangedRun: r.ChangedRun, Removed: string(r.Removed), RemovedAt: optional(r.RemovedAt), MergedInto: int64(r.MergedInto), Data: r.Data,
	}
}

func (a *api) registerRecords() {
	const tag = "Records"
	add(a, operation{
		id: "listRecords", method: "GET", path: "/v1/records/{type}", tag: tag, access: reads,
		summary: "Records by id, or those changed since a time, those that are no longer there included; of a company, if one is named",
	}, a.listRecords)
	add(a, operation{
		id: "getRecord", method: "GET", path: "/v1/records/{type}/{id}", tag: tag, access: reads,
		summary: "One record, also a removed one",
	}, a.getRecord)
	add(a, operation{
		id: "syncRecord", method: "POST", path: "/v1/records/{type}/{id}/sync", tag: tag, access: changes,
		summary: "Read one record again, now; the answer says what became of it",
	}, a.syncRecord)
}

type listRecordsInput struct {
	TypeInput
	PageInput

	Company      int64     `query:"company" minimum:"1" doc:"Only records of this company, for types whose parent is the company."`
	ChangedSince time.Time `query:"changedSince" doc:"Oldest change first, at least once; the last ten seconds are left out."`
}

type listRecordsOutput struct {
	Body struct {
		Items []Record `json:"items" nullable:"false"`
		Next  string   `json:"next,omitempty" doc:"Where the next page begins; absent on the last. A page may be short, or empty, while there is a next."`
	} `nameHint:"Records"`
}

func (a *api) listRecords(ctx context.Context, in *listRecordsInput) (*listRecordsOutput, error) {
	row, err := in.known()
	if err != nil {
		return nil, err
	}
	if in.Company != 0 && row.Parent != psa.Companies {
		return nil, problem.New(problem.BadRequest, "Records of this type do not belong to companies.", "Leave the company out.")
	}
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	read := a.reader(ctx, scope, row.Name, in)
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

// reader is the list that is asked for.
func (a *api) reader(
	ctx context.Context, scope psa.Scope, typ psa.DataType, in *listRecordsInput,
) func(syncer.Page) ([]syncer.Row, string, error) {
	company := psa.RecordID(in.Company)
	switch {
	case in.ChangedSince.IsZero() && company == 0:
		return func(p syncer.Page) ([]syncer.Row, string, error) { return a.Records.List(ctx, scope, typ, p) }
	case in.ChangedSince.IsZero():
		return func(p syncer.Page) ([]syncer.Row, string, error) {
			return a.Records.ListUnder(ctx, scope, typ, company, p)
		}
	}
	return func(p syncer.Page) ([]syncer.Row, string, error) {
		rows, next, err := a.Records.Changed(ctx, scope, typ, in.ChangedSince.UTC(), p)
		if company != 0 {
			rows = slices.DeleteFunc(rows, func(r syncer.Row) bool { return r.Parent != company })
		}
		return rows, next, err
	}
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

// RecordOutcome is what became of a record that was read again.
type RecordOutcome struct {
	Outcome string  `json:"outcome" enum:"kept,skipped,out_of_scope,removed,unknown" doc:"unknown: ConnectWise has no such record, as far as is known."`
	Record  *Record `json:"record,omitempty" doc:"As it is stored now."`
	Skip    *Skip   `json:"skip,omitempty" doc:"Why it was not kept."`
}

type recordOutcomeOutput struct{ Body RecordOutcome }

func (a *api) syncRecord(ctx context.Context, in *recordInput) (*recordOutcomeOutput, error) {
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
	became, err := a.Engine.SyncRecord(ctx, scope, row.Name, psa.RecordID(in.ID), callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	out := RecordOutcome{Outcome: outcomeOf(became)}
	if became.Skip != nil {
		skip := skipOf(*became.Skip)
		out.Skip = &skip
	}
	if became.Row.ID != 0 {
		stored, err := a.Records.Get(ctx, scope, row.Name, psa.RecordID(in.ID))
		if err != nil {
			return nil, err
		}
		record := recordOf(stored)
		out.Record = &record
	}
	return &recordOutcomeOutput{out}, nil
}

func outcomeOf(o syncer.Outcome) string {
	switch {
	case o.Skip != nil || o.Row.Removed == syncer.Skipped:
		return "skipped"
	case o.Row.ID == 0:
		return "unknown"
	case o.Row.Removed == syncer.OutOfScope:
		return "out_of_scope"
	case o.Row.Removed != "":
		return "removed"
	default:
		return "kept"
	}
}
