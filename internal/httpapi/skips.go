package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Skip is a record that could not be kept when it was read.
type Skip struct {
	Type   string    `json:"type"`
	ID     int64     `json:"id,omitempty" doc:"Absent where no record of a parent could be read; see under."`
	Under  int64     `json:"under,omitempty" doc:"The parent whose records could not be read."`
	Name   string    `json:"name"`
	Reason string    `json:"reason" enum:"company_not_synced,invalid,permission"`
	Detail string    `json:"detail,omitempty"`
	RunID  string    `json:"runId,omitempty" doc:"The run that found it; absent if a callback or a person did."`
	At     time.Time `json:"at"`
}

type listSkipsInput struct {
	RunInput
	PageInput
}

type listSkipsOutput struct {
	Body struct {
		Items []Skip `json:"items" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"Where the next page begins; absent on the last."`
	} `nameHint:"Skips"`
}

func (a *api) listSkips(ctx context.Context, in *listSkipsInput) (*listSkipsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	skips, next, err := a.Runs.Skips(ctx, scope, in.ID, in.page())
	if err != nil {
		return nil, err
	}
	out := &listSkipsOutput{}
	out.Body.Items, out.Body.Next = listOf(skips, next, skipOf)
	return out, nil
}

func skipOf(s syncer.Skip) Skip {
	return Skip{
		Type: string(s.Type), ID: int64(s.ID), Under: int64(s.Under), Name: s.Name, Reason: string(s.Reason), Detail: s.Detail,
		RunID: s.RunID, At: s.At.UTC(),
	}
}

func (a *api) registerSkips() {
	const tag = "Runs"
	add(a, operation{
		id: "listSkips", method: "GET", path: "/v1/runs/{id}/skips", tag: tag, access: reads,
		summary: "Records that the run could not keep",
	}, a.listSkips)
	add(a, operation{
		id: "listOpenSkips", method: "GET", path: "/v1/skips", tag: tag, access: reads,
		summary: "Records that were not kept when they were last read, by type and id",
	}, a.listOpenSkips)
}

type listOpenSkipsInput struct {
	PageInput

	Type   string `query:"type" pattern:"^[a-zA-Z][a-zA-Z_-]{0,39}$" doc:"Only records of this data type."`
	Reason string `query:"reason" enum:"company_not_synced,invalid,permission" doc:"Only of this reason. A page may be short for it."`
}

// skipReads bounds the lists that are read for one answer.
const skipReads = 20

func (a *api) listOpenSkips(ctx context.Context, in *listOpenSkipsInput) (*listSkipsOutput, error) {
	scope, st, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	types := st.Connection.Types
	if in.Type != "" {
		row, err := (TypeInput{in.Type}).known()
		if err != nil {
			return nil, err
		}
		types = []psa.DataType{row.Name}
	}
	w := skipWalk{api: a, scope: scope, types: types, reason: syncer.SkipReason(in.Reason), limit: in.Limit}
	next, err := w.from(ctx, in.After)
	if err != nil {
		return nil, err
	}
	out := &listSkipsOutput{}
	out.Body.Items, out.Body.Next = listOf(w.found, next, skipOf)
	return out, nil
}

// skipWalk goes through the lists of several types, one after the other. Its
// cursor names the type and where its list goes on.
type skipWalk struct {
	*api

	scope  psa.Scope
	types  []psa.DataType
	reason syncer.SkipReason
	limit  int
	found  []syncer.Skip
}

func (w *skipWalk) from(ctx context.Context, cursor string) (next string, err error) {
	typ, after, _ := strings.Cut(cursor, ".")
	reads := 0
	for i, t := range w.types {
		if cursor != "" && string(t) != typ {
			continue
		}
		for cursor = ""; ; reads++ {
			if len(w.found) >= w.limit || reads == skipReads {
				return string(t) + "." + after, nil
			}
			skips, more, err := w.Engine.OpenSkips(ctx, w.scope, t, syncer.Page{Limit: w.limit - len(w.found), After: after})
			if err != nil {
				return "", err
			}
			w.keep(skips)
			if after = more; after == "" {
				break
			}
		}
		if i == len(w.types)-1 {
			return "", nil
		}
	}
	if cursor != "" { // a type that is not enabled, or no cursor of ours
		return "", badCursor()
	}
	return "", nil
}

func (w *skipWalk) keep(skips []syncer.Skip) {
	for _, s := range skips {
		if w.reason == "" || s.Reason == w.reason {
			w.found = append(w.found, s)
		}
	}
}
