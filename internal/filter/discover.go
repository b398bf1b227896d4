package filter

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// State of a list.
type State string

// The states.
const (
	Listed  State = "listed"
	Empty   State = "empty"   // ConnectWise has none: leave the category alone
	Refused State = "refused" // Trouble says why it could not be had
)

// List is a category's choices.
type List struct {
	Category Category `json:"category"`
	State    State    `json:"state"`
	Choices  []Choice `json:"choices"`
	// Cut is set if there are more than are listed.
	Cut     bool     `json:"cut,omitempty"`
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Discovery is what there is to choose from.
type Discovery struct {
	// Lists are the four categories, always and in this order.
	Lists []List `json:"lists"`
	// Companies is how many there are in all; nil if that could not be had.
	Companies *int `json:"companies,omitempty"`
	// Trouble is why choices come without numbers, if they do.
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Discover lists the four categories and counts each choice's companies. A list
// that is empty or refused does not block the others, nor do numbers that
// cannot be had.
func Discover(ctx context.Context, source Source, limits Limits) Discovery {
	a := asker{source, limits.withDefaults()}
	d := Discovery{Lists: a.lists(ctx)}
	total, err := a.count(ctx, Filter{})
	if err != nil {
		d.Trouble = troubleOf(err)
		return d
	}
	d.Companies = &total
	d.Trouble = troubleOf(a.numbers(ctx, &d, total))
	return d
}

func (a asker) lists(ctx context.Context) []List {
	out := make([]List, len(categories()))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, c := range categories() {
		g.Go(func() error {
			out[i] = a.list(ctx, c)
			return nil // one refused list does not stop the others
		})
	}
	_ = g.Wait() // the errors are in the lists
	return out
}

func (a asker) list(ctx context.Context, c Category) List {
	l := List{Category: c, State: Listed, Choices: []Choice{}}
	err := a.call(ctx, func(ctx context.Context) (err error) {
		l.Choices, err = a.source.Choices(ctx, c)
		return err
	})
	switch {
	case err != nil:
		l.State, l.Choices, l.Trouble = Refused, []Choice{}, troubleOf(err)
	case len(l.Choices) == 0:
		l.State, l.Choices = Empty, []Choice{}
	case len(l.Choices) > MaxListed:
		l.Choices, l.Cut = l.Choices[:MaxListed], true
	}
	return l
}

// numbers counts each choice's companies: by reading all companies where that
// takes few enough pages, which answers for every choice at once and for types
// whatever ConnectWise understands, else choice by choice.
func (a asker) numbers(ctx context.Context, d *Discovery, total int) error {
	if total <= a.limits.Pages*pageSize {
		complete, err := a.tally(ctx, d)
		if complete || err != nil {
			return err
		}
	}
	typed, err := a.honoursTypes(ctx)
	if err != nil {
		return err
	}
	for i := range d.Lists {
		if l := &d.Lists[i]; l.Category != Types || typed {
			if err := a.countEach(ctx, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// tally counts by reading. It sets no number before it has seen the last
// company.
func (a asker) tally(ctx context.Context, d *Discovery) (complete bool, err error) {
	seen := map[Category]map[int64]int{Types: {}, Statuses: {}, Territories: {}, Markets: {}}
	untyped := 0
	complete, err = a.sweep(ctx, Filter{}, func(c Company) {
		for _, t := range c.Types {
			seen[Types][t]++
		}
		seen[Statuses][c.Status]++
		seen[Territories][c.Territory]++
		seen[Markets][c.Market]++
		if !c.Typed {
			untyped++
		}
	})
	if !complete {
		return false, err
	}
	for _, l := range d.Lists {
		if l.Category == Types && untyped > 0 {
			continue // the records do not say their types
		}
		for i := range l.Choices {
			n := seen[l.Category][l.Choices[i].ID]
			l.Choices[i].Companies = &n
		}
	}
	return true, nil
}

func (a asker) countEach(ctx context.Context, l *List) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range l.Choices[:min(len(l.Choices), a.limits.Counts)] {
		g.Go(func() error {
			n, err := a.count(ctx, Filter{}.with(l.Category, []int64{l.Choices[i].ID}))
			if err != nil {
				return err
			}
			l.Choices[i].Companies = &n
			return nil
		})
	}
	return g.Wait()
}
