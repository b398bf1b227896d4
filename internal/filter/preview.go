package filter

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Number is how many there will be: exactly, or at most.
type Number struct {
	N int `json:"n"`
	// UpTo is set if there may be fewer.
	UpTo bool `json:"upTo"`
}

// Expected is how many records of a data type will come.
type Expected struct {
	Type psa.DataType `json:"type"`
	// Number is nil if it could not be had; Trouble says why.
	Number  *Number  `json:"number,omitempty"`
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Outlook is what a filter would bring.
type Outlook struct {
	Filter    Filter     `json:"filter"`
	Companies Number     `json:"companies"`
	Types     []Expected `json:"types"`
	// Sample names up to ten companies that match.
	Sample []string `json:"sample"`
}

// Child is a data type to look ahead for.
type Child struct {
	Type psa.DataType
	// OfCompany is set if its records belong to companies, and so come only
	// with those that match; Loose, if records of no company come as well.
	OfCompany, Loose bool
	// Uncounted is set if ConnectWise cannot count its records.
	Uncounted bool
}

const (
	sampleSize = 10
	// nameable is how many companies can be named in a few requests.
	nameable = 300
)

// Preview says how many companies match, some of them by name, and how many
// records of each type will come. A type that cannot be counted does not stop
// the others; not being able to count companies is an error.
func Preview(ctx context.Context, source Source, f Filter, types []Child, limits Limits) (Outlook, error) {
	f, err := f.Clean()
	if err != nil {
		return Outlook{}, err
	}
	p := preview{asker: asker{source, limits.withDefaults()}, filter: f}
	if err := p.companies(ctx); err != nil {
		return Outlook{}, err
	}
	return Outlook{Filter: f, Companies: p.number, Types: p.expect(ctx, types), Sample: p.sample}, nil
}

type preview struct {
	asker

	filter Filter
	number Number
	sample []string
	// ids are the matching companies, if complete is set.
	ids      []int64
	complete bool
}

// companies counts what matches. What ConnectWise counts is believed where a
// look at the first companies does not contradict it; else companies are read
// and matched here, as far as the limit goes.
func (p *preview) companies(ctx context.Context) error {
	p.sample = []string{}
	asked, n, exact, err := p.understood(ctx)
	if err != nil {
		return err
	}
	p.number = Number{N: n, UpTo: true}
	agrees, err := p.look(ctx, asked)
	if errors.Is(err, psa.ErrInvalid) && !asked.All() { // asking for a list takes more room than asking for a number
		asked, exact = Filter{}, false
		if n, err = p.count(ctx, asked); err == nil {
			agrees, err = p.look(ctx, asked)
		}
	}
	p.complete = p.complete || exact && agrees && len(p.ids) == n
	switch {
	case err != nil:
		return err
	case p.complete:
		p.number = Number{N: len(p.ids)}
	case exact && agrees:
		p.number.UpTo = false
	case n <= p.limits.Pages*pageSize:
		return p.read(ctx, asked)
	}
	return nil
}

// understood returns as much of the filter as ConnectWise understands, how many
// companies that chooses, and whether it is all of the filter.
func (p *preview) understood(ctx context.Context) (asked Filter, n int, exact bool, err error) {
	asked, exact = p.filter, true
	if len(asked.Types) > 0 {
		if exact, err = p.honoursTypes(ctx); err != nil {
			return Filter{}, 0, false, err
		}
		if !exact {
			asked = asked.with(Types, nil)
		}
	}
	for _, c := range append(categories(), "") { // together they may be too much for a request
		n, err = p.count(ctx, asked)
		if !errors.Is(err, psa.ErrInvalid) || c == "" {
			break
		}
		asked, exact = asked.with(c, nil), false
	}
	return asked, n, exact, err
}

// look takes names from the first companies, and reports whether they are what
// was asked for. If they are all, they are known by id.
func (p *preview) look(ctx context.Context, asked Filter) (agrees bool, err error) {
	var page Page
	err = p.call(ctx, func(ctx context.Context) (err error) {
		page, err = p.source.Companies(ctx, asked, 0, nameable)
		return err
	})
	if err != nil {
		return false, err
	}
	agrees = true
	for _, c := range page.Companies {
		want := p.filter
		if !c.Typed && len(asked.Types) > 0 { // then ConnectWise's word must do
			want = want.with(Types, nil)
		}
		if !want.Match(c.Facts) {
			agrees = false
			continue
		}
		p.take(c)
	}
	p.complete = !page.More && (agrees || !slices.ContainsFunc(page.Companies, untyped))
	return agrees, nil
}

func untyped(c Company) bool { return !c.Typed }

func (p *preview) take(c Company) {
	if len(p.sample) < sampleSize {
		p.sample = append(p.sample, c.Name)
	}
	p.ids = append(p.ids, c.ID)
}

// read matches the companies here. Records that do not say their types leave
// the number at "up to".
func (p *preview) read(ctx context.Context, asked Filter) error {
	p.ids, p.sample = nil, []string{}
	unknown := 0
	complete, err := p.sweep(ctx, asked, func(c Company) {
		switch {
		case p.filter.Match(c.Facts):
			p.take(c)
		case !c.Typed && len(p.filter.Types) > 0 && p.filter.with(Types, nil).Match(c.Facts):
			unknown++
		}
	})
	if err != nil || !complete {
		return err
	}
	p.number = Number{N: len(p.ids) + unknown, UpTo: unknown > 0}
	p.complete = unknown == 0
	return nil
}

func (p *preview) expect(ctx context.Context, types []Child) []Expected {
	out := make([]Expected, len(types))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, t := range types {
		g.Go(func() error {
			n, err := p.children(ctx, t)
			out[i] = Expected{Type: t.Type, Number: n, Trouble: troubleOf(err)}
			return nil // a type that cannot be counted does not stop the others
		})
	}
	_ = g.Wait() // the errors are in the list
	return out
}

// children counts a type's records: exactly if they belong to no company, or if
// the companies are few enough to be named, else "up to" all there are, since
// even of every company's some may belong to none, or to one that is deleted.
func (p *preview) children(ctx context.Context, t Child) (*Number, error) {
	if t.Type == psa.Companies {
		n := p.number
		return &n, nil
	}
	if t.Uncounted {
		return nil, problem.New(problem.ConnectWiseInvalid, "ConnectWise lists these record by record, so they cannot be counted ahead.", "")
	}
	named := t.OfCompany && !t.Loose && p.complete
	if named && len(p.ids) == 0 {
		return &Number{}, nil
	}
	var of []int64
	if named && len(p.ids) <= nameable {
		of = slices.Clone(p.ids)
	}
	var n int
	err := p.call(ctx, func(ctx context.Context) (err error) {
		n, err = p.source.CountOf(ctx, t.Type, of)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Number{N: n, UpTo: t.OfCompany && of == nil}, nil
}
