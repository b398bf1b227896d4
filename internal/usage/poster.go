package usage

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/psa"
)

// perform does what a plan says (spec 5.7): the intent is stored, ConnectWise
// told step by step, and the outcome stored with its history. Whoever dies in
// between leaves the intent, from which the next worker learns what to look
// for. Nothing to do is one write at most, where the look itself is news.
func (d *desk) perform(ctx context.Context, s Series, plan SeriesPlan) error {
	if len(plan.Steps) == 0 {
		if s.Look.same(plan.Look) || s.Rev == 0 && len(plan.Look.Attention) == 0 {
			return nil
		}
		s.Look = plan.Look
		return d.store(ctx, s)
	}
	ctx, cancel := context.WithTimeout(ctx, d.opt.Act)
	defer cancel()
	now := d.opt.Now()
	s = s.clone()
	s.Look, s.Company = plan.Look, d.agreements[d.id].Company
	s.Intent = &Intent{Run: d.run.ID, By: d.run.By, At: now, Until: now.Add(d.opt.Act), Steps: plan.Steps, Seen: plan.seen}
	a := &act{desk: d, plan: plan}
	if s.Intent.create() != nil {
		s.Intent.Marker = d.marker(s.Key)
	}
	var err error
	if a.series, err = d.Ledger.PutSeries(ctx, s); err != nil {
		return d.beaten(err)
	}
	return a.run(ctx)
}

// store keeps a series in which nothing was done.
func (d *desk) store(ctx context.Context, s Series) error {
	s, err := d.Ledger.PutSeries(ctx, s)
	if err != nil {
		return d.beaten(err)
	}
	d.series[s.Key] = s
	return nil
}

// beaten: somebody changed the series meanwhile, another worker or the admin;
// the agreement is looked at again.
func (d *desk) beaten(err error) error {
	if errors.Is(err, psa.ErrConflict) {
		d.result.later(d.opt.Now())
		return nil
	}
	return err
}

// marker is what a new line's serial number will be: the installation, and
// something that no other attempt has (spec 1.5, 5.7).
func (d *desk) marker(k SeriesKey) string {
	if d.settings.NoMarkers {
		return ""
	}
	sum := sha256.Sum256([]byte(d.run.Scope.String() + "/" + k.String() + "/" + ulid.Make().String()))
	return "psabridge " + d.Installation + " " + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// act is an intent being carried out.
type act struct {
	*desk
	plan   SeriesPlan
	series Series
	// done are the steps that ConnectWise answered.
	done []outcome
	// hops counts the boundaries that were refused.
	hops int
}

// outcome is a step and what ConnectWise answered.
type outcome struct {
	step Step
	now  Addition
}

func (a *act) run(ctx context.Context) error {
	for i := 0; i < len(a.series.Intent.Steps); i++ {
		step := a.series.Intent.Steps[i]
		now, err := a.tell(ctx, step)
		var no *Refusal
		switch {
		case errors.As(err, &no) && no.Period && step.Kind == StepCreate && a.hops < maxHops:
			if err := a.hop(ctx); err != nil {
				return err
			}
			i = -1 // the end moves with the create's date
		case errors.As(err, &no) && no.Run:
			return errors.Join(a.finish(ctx, nil), fmt.Errorf("%s: %w", step.Kind, no.Cause))
		case errors.As(err, &no):
			return a.refused(ctx, step, no)
		case err != nil:
			return a.unknown(ctx, err)
		default:
			a.done = append(a.done, outcome{step, now})
		}
	}
	return a.finish(ctx, nil)
}

// tell makes the call of one step, and reads its answer: a change that is
// answered with success and was not made is a refusal.
func (a *act) tell(ctx context.Context, s Step) (Addition, error) {
	if s.Kind == StepCreate {
		return a.finance.Create(ctx, a.id, NewLine{
			Product: a.series.Key.Product, Quantity: s.Then, Start: s.Date, End: s.EndThen, Marker: a.series.Intent.Marker, Like: a.plan.like,
		})
	}
	c := s.change()
	if c == (Change{}) {
		return Addition{ID: s.Line, Start: s.Date, End: s.EndThen, Quantity: s.Then}, nil // done before
	}
	now, err := a.finance.Change(ctx, a.id, s.Line, c)
	if err == nil && !c.shownBy(now) {
		err = &Refusal{Words: "ConnectWise answered with success, and changed nothing.", Cause: psa.ErrInvalid}
	}
	return now, err
}

// maxHops bounds how many boundaries are tried after a refused one.
const maxHops = 2

// hop goes on to the next boundary after ConnectWise refused the period: the
// intent is stored anew, with the end of the earlier line moved along.
func (a *act) hop(ctx context.Context) error {
	a.hops++
	s := a.series.clone()
	in := *s.Intent
	was := in.create().Date
	date := a.openings[a.id].periods.next(was)
	in.Steps = append([]Step{}, in.Steps...)
	for i := range in.Steps {
		switch step := &in.Steps[i]; {
		case step.Kind == StepCreate:
			step.Date = date
		case step.Kind == StepEnd && step.EndThen == was.AddDays(-1):
			step.EndThen = date.AddDays(-1)
		}
	}
	in.Marker = a.marker(s.Key)
	s.Intent, s.NotBefore, a.done = &in, date, nil
	var err error
	if a.series, err = a.Ledger.PutSeries(ctx, s); err != nil {
		return a.beaten(err)
	}
	return nil
}

// refused ends the intent: nothing of it is under way. What was done before
// the refusal stays, and the next run goes on from there.
func (a *act) refused(ctx context.Context, step Step, no *Refusal) error {
	why := Attention{Code: PostingRefused, Line: step.Line, Words: no.Words, Day: a.today}
	switch {
	case no.Period:
		why.Code = PeriodRefused
	case no.Gone && step.Line != 0:
		why.Code = LineVanished
	}
	return a.finish(ctx, &why)
}

// unknown looks at once what became of a call without an answer. If that shows
// nothing the intent stays, and is looked for after the quiet time.
func (a *act) unknown(ctx context.Context, cause error) error {
	again := a.series.Intent.Until.Add(a.opt.Quiet)
	listed, err := a.finance.Additions(ctx, a.id)
	if err == nil {
		a.listed = listed
		s, done, wait := settle(a.series, listed, a.opt.Now(), a.opt.Quiet)
		if wait.IsZero() {
			return a.settleNow(ctx, s, done)
		}
	}
	a.result.later(again)
	a.opt.Log.WarnContext(ctx, "a posting's outcome is unknown", "run", a.posting.run.ID, "series", a.series.Key.String(), "error", cause.Error())
	s := a.series.clone()
	s.Look.Attention = []Attention{{Code: OutcomeUnknown, Day: a.today}}
	return a.store(context.WithoutCancel(ctx), s)
}

// settleNow keeps what the look showed.
func (a *act) settleNow(ctx context.Context, s Series, done []Step) error {
	var entries []Entry
	for _, step := range done {
		entries = append(entries, a.entry(s, step, a.series.Intent.By, 0, a.found(step)))
		a.count(step)
	}
	s, err := a.Ledger.PutSeries(ctx, s, entries...)
	if err != nil {
		return a.beaten(err)
	}
	a.desk.series[s.Key] = s
	return nil
}

func (a *act) count(step Step) {
	a.result.counts.step(step.Kind)
	a.made = a.made || step.Kind == StepCreate
}

// finishTries is how often the outcome is stored again on top of what somebody
// else stored meanwhile, such as a hold.
const finishTries = 4

// finish stores the outcome and takes the intent away.
func (a *act) finish(ctx context.Context, why *Attention) error {
	ctx = context.WithoutCancel(ctx) // the outcome is known, whatever time is left; stores have deadlines of their own
	s := a.series
	for try := 1; ; try++ {
		next := a.outcome(s, why)
		stored, err := a.Ledger.PutSeries(ctx, next, a.entries(next)...)
		if err == nil {
			a.desk.series[stored.Key] = stored
			break
		}
		if !errors.Is(err, psa.ErrConflict) || try == finishTries {
			return err
		}
		all, err := a.Ledger.Series(ctx, s.Scope, a.id)
		if err != nil {
			return fmt.Errorf("store the outcome: %w", err)
		}
		if s = all[s.Key]; s.Intent == nil || !s.Intent.At.Equal(a.series.Intent.At) {
			return nil // another worker settled it
		}
	}
	for _, o := range a.done {
		a.count(o.step)
	}
	return nil
}

// outcome is the series once the done steps are recorded.
func (a *act) outcome(s Series, why *Attention) Series {
	s = s.clone()
	for _, o := range a.done {
		s.record(o.step, o.now, a.series.Intent.At)
	}
	s.Intent = nil
	s.Look = a.plan.Look
	if why != nil {
		s.Look.Attention = append(s.Look.Attention, *why)
	}
	if posted, ok := s.posted(s.Look.Date); ok {
		s.Look.Posted, s.Look.ConnectWise = posted, posted
	}
	return s
}

func (a *act) entries(s Series) []Entry {
	var out []Entry
	for _, o := range a.done {
		out = append(out, a.entry(s, o.step, a.series.Intent.By, o.now.ID, a.found(o.step)))
	}
	return out
}

// found is who had changed the line since the last posting.
func (a *act) found(step Step) *Attention {
	for _, n := range a.plan.Look.Attention {
		if n.Code == QuantityChanged && n.Line == step.Line {
			return &n
		}
	}
	return nil
}

// entry is the history of a step.
func (d *desk) entry(s Series, step Step, by string, id psa.RecordID, found *Attention) Entry {
	if id == 0 {
		id = step.Line
	}
	if l := s.last(step); id == 0 && l != nil {
		id = l.ID
	}
	return Entry{
		At: d.opt.Now(), Run: d.run.ID, By: by, Key: s.Key, Line: id, Event: string(step.Kind), Day: d.today, Date: step.Date,
		Reason: step.Reason, Was: step.Was, Then: step.Then, EndWas: step.EndWas, EndThen: step.EndThen, Found: found,
	}
}

// last is the line that a create made.
func (s *Series) last(step Step) *Line {
	for i := len(s.Lines) - 1; i >= 0; i-- {
		if s.Lines[i].Start == step.Date && step.Kind == StepCreate {
			return &s.Lines[i]
		}
	}
	return nil
}

// Events of entries beside the kinds of steps.
const (
	EventMapping  = "mapping"  // a mapping was changed, switched off or on
	EventApproved = "approved" // a first posting or a changed mapping was approved
	EventTaken    = "taken"    // another's line was taken over
	EventLeft     = "left"     // another's line is left alone
	EventHeld     = "held"
	EventReleased = "released"
	EventResumed  = "resumed"
	EventSettings = "settings"
)
