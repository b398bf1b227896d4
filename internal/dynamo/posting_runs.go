package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// PostingRuns keeps runs of postings and previews.
type PostingRuns struct{ db *table }

var _ usage.Runs = (*PostingRuns)(nil)

// PostingRuns implements usage.Runs.
func (s *Store) PostingRuns() *PostingRuns { return &PostingRuns{db: s.db} }

// keepPostingRuns is how long a run is kept after its end.
const keepPostingRuns = 400 * 24 * time.Hour

// headItem names the newest run of a mode.
type headItem struct {
	key
	V   int    `dynamodbav:"v"`
	Run string `dynamodbav:"run"`
}

// StartRun implements usage.Runs.
func (r *PostingRuns) StartRun(ctx context.Context, run usage.Run, s *usage.Schedule, next time.Time) (usage.Run, bool, error) {
	for try := 1; ; try++ {
		newest, err := r.newest(ctx, run.Scope, run.Mode)
		if err != nil {
			return usage.Run{}, false, fmt.Errorf("start posting: %w", err)
		}
		if newest.State == usage.Running {
			return newest, true, nil
		}
		err = r.start(ctx, run, newest, s, next)
		if err == nil {
			run.Rev = 1
			return run, false, nil
		}
		if s != nil || !errors.Is(err, psa.ErrConflict) || try == raceTries {
			return usage.Run{}, false, fmt.Errorf("start posting: %w", err)
		}
	}
}

// newest is the newest run of a mode; the zero Run if there is none.
func (r *PostingRuns) newest(ctx context.Context, scope psa.Scope, mode usage.Mode) (usage.Run, error) {
	head, err := getAs[headItem](ctx, r.db, postingHeadKey(scope, mode))
	if err == nil {
		var run usage.Run
		if run, err = r.Run(ctx, scope, head.Run); err == nil {
			return run, nil
		}
	}
	if errors.Is(err, psa.ErrNotFound) {
		return usage.Run{ID: head.Run}, nil
	}
	return usage.Run{}, err
}

// Newest implements the look at an account's latest run of a mode;
// psa.ErrNotFound if there is none.
func (r *PostingRuns) Newest(ctx context.Context, scope psa.Scope, mode usage.Mode) (usage.Run, error) {
	run, err := r.newest(ctx, scope, mode)
	if err == nil && run.State == "" {
		err = psa.ErrNotFound
	}
	return run, err
}

func (r *PostingRuns) start(ctx context.Context, run, old usage.Run, s *usage.Schedule, next time.Time) error {
	tx := r.db.begin()
	u, err := runUpdate(run)
	if err != nil {
		return err
	}
	tx.update(u)
	head := headItem{key: postingHeadKey(run.Scope, run.Mode), V: version, Run: run.ID}
	if old.ID == "" {
		tx.put(head, "attribute_not_exists(#pk)", nil)
	} else {
		tx.put(head, "#run = :old", with{"old": old.ID})
	}
	if old.State == usage.NeedsWord {
		old.State, old.EndedAt = usage.Replaced, run.AskedAt
		u, err := runUpdate(old)
		if err != nil {
			return err
		}
		tx.update(u)
	}
	if s != nil {
		tx.update(scheduleItem{key: usageKey(s.Scope), Next: nanos(s.NextAt)}.move(next))
	}
	return tx.commit(ctx)
}

// runUpdate stores a run over the revision that it was read with. A running
// one is in the due index; one that is over expires.
func runUpdate(run usage.Run) (update, error) {
	k := postingRunKey(run.Scope, run.ID)
	u, err := revise(k, run, run.Rev)
	switch {
	case err != nil:
	case run.State == usage.Running:
		u.set["dpk"], u.set["dsk"] = duePK(duePostings, k), paddedTime(run.DueAt)
	default:
		u.remove = []string{"dpk", "dsk"}
		if !run.State.Active() {
			u.set["expiresAt"] = expiry(run.EndedAt, keepPostingRuns)
		}
	}
	return u, err
}

// Run implements usage.Runs.
func (r *PostingRuns) Run(ctx context.Context, scope psa.Scope, id string) (usage.Run, error) {
	it, err := getAs[bodyItem](ctx, r.db, postingRunKey(scope, id))
	if err != nil {
		return usage.Run{}, fmt.Errorf("posting run: %w", err)
	}
	return runOf(it)
}

func runOf(it bodyItem) (usage.Run, error) {
	var run usage.Run
	if err := json.Unmarshal([]byte(it.Body), &run); err != nil {
		return usage.Run{}, fmt.Errorf("decode posting run: %w", err)
	}
	run.Rev = it.Rev
	return run, nil
}

// PutRun implements usage.Runs.
func (r *PostingRuns) PutRun(ctx context.Context, run usage.Run) (usage.Run, error) {
	u, err := runUpdate(run)
	if err != nil {
		return run, err
	}
	if _, err := r.db.update(ctx, u); err != nil {
		return run, fmt.Errorf("put posting run %s: %w", run.ID, err)
	}
	run.Rev++
	return run, nil
}

// DueRuns implements usage.Runs.
func (r *PostingRuns) DueRuns(ctx context.Context, now time.Time, limit int) ([]usage.RunKey, error) {
	due, err := r.db.due(ctx, duePostings, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due postings: %w", err)
	}
	keys := make([]usage.RunKey, len(due))
	for i, d := range due {
		scope, err := parseScopePK(d.PK)
		if err != nil {
			return nil, fmt.Errorf("due postings: %w", err)
		}
		keys[i] = usage.RunKey{Scope: scope, ID: unescape(strings.TrimPrefix(d.SK, postingRunSK))}
	}
	return keys, nil
}

// List returns an account's runs, newest first. next is the cursor of the
// following page, "" if there is none.
func (r *PostingRuns) List(ctx context.Context, scope psa.Scope, before string, limit int) (_ []usage.Run, next string, err error) {
	q := query{
		pk: postingRunKey(scope, "").PK, backward: true, cond: "begins_with(#sk, :runs)", with: with{"runs": postingRunSK},
	}
	sk, err := parseCursor(before)
	if err != nil {
		return nil, "", err
	}
	if sk != "" {
		q.cond, q.with = "#sk BETWEEN :first AND :cursor", with{"first": postingRunSK, "cursor": lessThan(sk)}
	}
	items, next, err := pageAs[bodyItem](ctx, r.db, q, limit)
	if err != nil {
		return nil, "", fmt.Errorf("list postings: %w", err)
	}
	runs := make([]usage.Run, len(items))
	for i, it := range items {
		if runs[i], err = runOf(it); err != nil {
			return nil, "", err
		}
	}
	return runs, next, nil
}

// lessThan is a key just before sk, which ends in a letter or digit.
func lessThan(sk string) string { return sk[:len(sk)-1] + string(sk[len(sk)-1]-1) + "~" }
