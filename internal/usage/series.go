package usage

import (
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Series is what is known of the lines that bill one catalog item on one
// agreement. It is one item of the table, so that an intent and what becomes
// of it are single writes.
type Series struct {
	Scope psa.Scope
	Key   SeriesKey
	// Lines are ours: made by us, or taken over. They are ordered by start.
	Lines []Line
	// Intent is what is being done to ConnectWise, nil if nothing is.
	Intent *Intent
	// Lost are the markers of lines that were sent, never answered and never
	// found; should one turn up after all, it is ours and one too many.
	Lost []string
	// Company is whose agreement it was when something was posted first.
	Company psa.RecordID
	// NotBefore is set where ConnectWise refused the periods before it.
	NotBefore Date
	Decisions Decisions
	// Look is what the last look showed.
	Look Look
	// PostedAt is when something was posted last.
	PostedAt time.Time
	// Rev grows with each write; writes are conditional on it.
	Rev int64
}

// Line is an addition of ours.
type Line struct {
	ID psa.RecordID `json:"id"`
	// Start is the effective date as sent, Shown as ConnectWise showed it
	// then.
	Start Date `json:"start"`
	Shown Date `json:"shown,omitempty"`
	// End is the last day that we set, "" for none.
	End Date `json:"end,omitempty"`
	// Quantity that was posted last.
	Quantity  Decimal   `json:"quantity"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// PostedAt is when Quantity was; zero for another's that was taken over.
	PostedAt time.Time `json:"postedAt,omitzero"`
	// Taken lines were another's before.
	Taken bool `json:"taken,omitempty"`
	// Void lines were one too many: zero, ended, no part of the series.
	Void bool `json:"void,omitempty"`
	// Gone lines were deleted by a person.
	Gone bool `json:"gone,omitempty"`
}

// Decisions are the admin's, on one series.
type Decisions struct {
	// Hold leaves the lines as they are.
	Hold *Decision `json:"hold,omitempty"`
	// Leave posts nothing beside lines of others.
	Leave *Decision `json:"leave,omitempty"`
	// Resume accepts what people did to Lines: an end, a deletion.
	Resume *Decision `json:"resume,omitempty"`
}

// Decision of a person.
type Decision struct {
	By    string         `json:"by"`
	At    time.Time      `json:"at"`
	Lines []psa.RecordID `json:"lines,omitempty"`
}

// Look is what a look at ConnectWise showed of a series: product, ConnectWise
// and last posted count side by side, and what needs attention.
type Look struct {
	// Date is the open period's, Product the sum that the product reports
	// for it.
	Date    Date    `json:"date,omitempty"`
	Product Decimal `json:"product"`
	// Invoiced is the first day that no invoice covers yet, "" if unknown.
	Invoiced Date `json:"invoiced,omitempty"`
	// ConnectWise is what stands there for the date, Posted what we posted.
	ConnectWise Decimal     `json:"connectwise"`
	Posted      Decimal     `json:"posted"`
	Attention   []Attention `json:"attention,omitempty"`
	// Others are lines of others that overlap the date.
	Others []Other `json:"others,omitempty"`
}

// Other is another's line.
type Other struct {
	ID       psa.RecordID `json:"id"`
	Start    Date         `json:"start"`
	End      Date         `json:"end,omitempty"`
	Quantity Decimal      `json:"quantity"`
}

func (l Look) same(o Look) bool {
	return l.Date == o.Date && l.Invoiced == o.Invoiced && l.Product == o.Product && l.ConnectWise == o.ConnectWise && l.Posted == o.Posted &&
		slices.Equal(l.Attention, o.Attention) && slices.Equal(l.Others, o.Others)
}

// line is ours with an id, nil if there is none.
func (s *Series) line(id psa.RecordID) *Line {
	for i := range s.Lines {
		if s.Lines[i].ID == id {
			return &s.Lines[i]
		}
	}
	return nil
}

// bills reports whether a line of ours bills days that another's line bills.
func (s *Series) bills(o Other) bool {
	return slices.ContainsFunc(s.Lines, func(l Line) bool {
		return !l.Void && !l.Gone && (o.End == "" || l.Start <= o.End) && (l.End == "" || l.End >= o.Start)
	})
}

func (s *Series) add(l Line) {
	if s.line(l.ID) != nil {
		return
	}
	s.Lines = append(s.Lines, l)
	slices.SortStableFunc(s.Lines, func(a, b Line) int {
		if a.Start != b.Start {
			if a.Start < b.Start {
				return -1
			}
			return 1
		}
		return int(a.ID - b.ID)
	})
}

func (s Series) clone() Series {
	s.Lines, s.Lost = slices.Clone(s.Lines), slices.Clone(s.Lost)
	return s
}

// posted is the quantity of the line that bills the date, as last posted, and
// whether there is such a line.
func (s *Series) posted(date Date) (Decimal, bool) {
	for _, l := range slices.Backward(s.Lines) {
		if !l.Void && !l.Gone && l.Start <= date && (l.End == "" || l.End >= date) {
			return l.Quantity, true
		}
	}
	return 0, false
}
