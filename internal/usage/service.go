package usage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Service is what people decide about postings. Every decision is in the
// history, with who made it.
type Service struct {
	*Engine
}

// NewService makes a Service.
func NewService(e *Engine) *Service { return &Service{Engine: e} }

// Configure stores an account's settings and its schedule. s.Rev is that of
// the settings that were looked at.
func (s *Service) Configure(ctx context.Context, scope psa.Scope, set Settings) error {
	zone, err := set.zone()
	if err != nil {
		return err
	}
	if set.At < 0 || set.At >= 24*60 || !slices.Contains([]Policy{"", EachPeriod, OnChange}, set.Policy) {
		return problem.New(problem.BadRequest, "The time of day or the choice of lines is not one.", "Choose a time between 00:00 and 23:59.")
	}
	if err := s.Ledger.PutSettings(ctx, scope, set); err != nil {
		return fmt.Errorf("configure posting: %w", err)
	}
	at := next(s.opt.Now(), zone, scope.Account, orDefault(set.At, postingTime))
	if err := s.Store.PutSchedule(ctx, Schedule{Scope: scope, Zone: set.Zone, At: set.At, NextAt: at}); err != nil {
		return fmt.Errorf("configure posting: %w", err)
	}
	return nil
}

// Pause holds all postings of an account, or lets them go on: with the open
// period, nothing is billed for the time between.
func (s *Service) Pause(ctx context.Context, scope psa.Scope, by string, pause bool) error {
	set, err := s.Ledger.Settings(ctx, scope)
	if err != nil {
		return fmt.Errorf("pause posting: %w", err)
	}
	set.Paused = nil
	if pause {
		set.Paused = &Decision{By: by, At: s.opt.Now()}
	}
	if err := s.Ledger.PutSettings(ctx, scope, set); err != nil {
		return fmt.Errorf("pause posting: %w", err)
	}
	return nil
}

// Confirm lets a run go on that the guards stopped, for the lines that they
// named.
func (s *Service) Confirm(ctx context.Context, scope psa.Scope, run, by string) error {
	r, err := s.Runs.Run(ctx, scope, run)
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if r.State != NeedsWord {
		return problem.New(problem.Conflict, "This posting does not wait for confirmation.", "Look at the latest posting.")
	}
	r.State, r.Confirmed, r.ConfirmedBy = Running, append(r.Confirmed, r.Offences...), by
	r.Offences, r.DueAt = nil, s.opt.Now()
	if _, err := s.Runs.PutRun(ctx, r); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return s.wake(ctx, scope, run, 0)
}

// Hold leaves a series as it stands until it is released.
func (s *Service) Hold(ctx context.Context, scope psa.Scope, k SeriesKey, by string) error {
	return s.decide(ctx, scope, k, by, EventHeld, func(x *Series) error {
		x.Decisions.Hold = &Decision{By: by, At: s.opt.Now()}
		return nil
	})
}

// Release goes on with a series that was held, or that was left to lines of
// others.
func (s *Service) Release(ctx context.Context, scope psa.Scope, k SeriesKey, by string) error {
	return s.decide(ctx, scope, k, by, EventReleased, func(x *Series) error {
		x.Decisions.Hold, x.Decisions.Leave = nil, nil
		return nil
	})
}

// Leave posts nothing as long as lines of others overlap.
func (s *Service) Leave(ctx context.Context, scope psa.Scope, k SeriesKey, by string) error {
	return s.decide(ctx, scope, k, by, EventLeft, func(x *Series) error {
		if len(x.Look.Others) == 0 {
			return nothingThere()
		}
		x.Decisions.Leave = &Decision{By: by, At: s.opt.Now()}
		return nil
	})
}

// TakeOver makes another's line ours, as the last look saw it. It must be the
// only one: of several, or beside one of ours that bills the same days, a person
// says in ConnectWise which remains.
func (s *Service) TakeOver(ctx context.Context, scope psa.Scope, k SeriesKey, by string) error {
	return s.decide(ctx, scope, k, by, EventTaken, func(x *Series) error {
		switch {
		case len(x.Look.Others) == 0:
			return nothingThere()
		case len(x.Look.Others) > 1:
			return problem.New(problem.Conflict, "Several lines of others bill this product.",
				"Leave one of them in ConnectWise, then preview again and take it over.")
		case x.bills(x.Look.Others[0]):
			return problem.New(problem.Conflict, "A line of ours bills the same days.",
				"End the other line in ConnectWise, or delete it: usage is posted on ours.")
		}
		o := x.Look.Others[0]
		x.add(Line{ID: o.ID, Start: o.Start, Shown: o.Start, End: o.End, Quantity: o.Quantity, CreatedAt: s.opt.Now(), Taken: true})
		x.Decisions.Leave, x.Look.Others = nil, nil
		return nil
	})
}

func nothingThere() error {
	return problem.New(problem.Conflict, "No line of others was seen.", "Preview again: the line may be gone.")
}

// Resume goes on with a series after people ended or deleted lines of ours:
// what they did is accepted.
func (s *Service) Resume(ctx context.Context, scope psa.Scope, k SeriesKey, by string) error {
	return s.decide(ctx, scope, k, by, EventResumed, func(x *Series) error {
		d := &Decision{By: by, At: s.opt.Now()}
		stopped := false
		for _, a := range x.Look.Attention {
			stopped = stopped || a.Code == AgreementMoved || a.Code == EndChanged || a.Code == LineVanished
			if a.Line != 0 {
				d.Lines = append(d.Lines, a.Line)
			}
		}
		if !stopped {
			return problem.New(problem.Conflict, "Nothing stops this series.", "Look at its latest state.")
		}
		x.Decisions.Resume = d
		return nil
	})
}

// OpenLine is a line of ours that goes on billing.
type OpenLine struct {
	Key SeriesKey `json:"key"`
	Line
}

// OpenLines are the lines of ours that have no end, for who disconnects.
func (s *Service) OpenLines(ctx context.Context, scope psa.Scope) ([]OpenLine, error) {
	all, err := s.Ledger.Series(ctx, scope, 0)
	if err != nil {
		return nil, fmt.Errorf("open lines: %w", err)
	}
	out := []OpenLine{}
	for k, x := range all {
		for _, l := range x.Lines {
			if l.End == "" && !l.Void && !l.Gone {
				out = append(out, OpenLine{k, l})
			}
		}
	}
	slices.SortFunc(out, func(a, b OpenLine) int {
		return cmp.Or(cmp.Compare(a.Key.Agreement, b.Key.Agreement), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// decideTries is how often a decision is made again on top of what a worker
// stored meanwhile.
const decideTries = 4

func (s *Service) decide(ctx context.Context, scope psa.Scope, k SeriesKey, by, event string, change func(*Series) error) error {
	for try := 1; ; try++ {
		all, err := s.Ledger.Series(ctx, scope, k.Agreement)
		if err != nil {
			return fmt.Errorf("%s %s: %w", event, k, err)
		}
		x, ok := all[k]
		if !ok {
			return problem.New(problem.NotFound, "There is no such line.", "Look at the list of lines again.").Wrap(psa.ErrNotFound)
		}
		x = x.clone()
		if err := change(&x); err != nil {
			return err
		}
		_, err = s.Ledger.PutSeries(ctx, x, Entry{At: s.opt.Now(), By: by, Key: k, Event: event})
		if err == nil || !errors.Is(err, psa.ErrConflict) || try == decideTries {
			return err
		}
	}
}
