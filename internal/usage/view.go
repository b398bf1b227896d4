package usage

import (
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// view is a series as our table and ConnectWise have it, side by side, on the
// date that is open (spec 5.5, 5.6, 5.8).
type view struct {
	// mine are our lines that ConnectWise shows, void ones left out, by start.
	mine []mine
	// missing are lines of ours that should be there and are not.
	missing []psa.RecordID
	// others are lines of others that are not over before the date.
	others []Addition
	// doubled are lines of ours that turned up beside the one that counts.
	doubled []Addition
	// largest is the largest id that ConnectWise has of the agreement.
	largest psa.RecordID
}

// mine is a line of ours and what ConnectWise shows of it.
type mine struct {
	Line
	now Addition
}

// look compares. listed are the agreement's additions, all products.
func look(s Series, listed []Addition, date Date) view {
	var v view
	byID := map[psa.RecordID]Addition{}
	for _, a := range listed {
		byID[a.ID] = a
		v.largest = max(v.largest, a.ID)
	}
	for _, l := range s.Lines {
		a, ok := byID[l.ID]
		switch {
		case l.Void || l.Gone:
		case ok:
			if a.Start != l.Shown { // somebody moved it
				l.Start = a.Start
			}
			v.mine = append(v.mine, mine{Line: l, now: a})
		case !over(l.End, date):
			v.missing = append(v.missing, l.ID)
		}
	}
	v.sort(s, listed, date)
	return v
}

// sort finds the lines that are not in our table: ours after all, by a marker
// that was lost, or another's.
func (v *view) sort(s Series, listed []Addition, date Date) {
	for _, a := range listed {
		switch {
		case a.Product != s.Key.Product || s.line(a.ID) != nil:
		case a.Serial != "" && slices.Contains(s.Lost, a.Serial):
			v.doubled = append(v.doubled, a)
		case !over(a.End, date):
			v.others = append(v.others, a)
		}
	}
}

// over reports whether a line with that end is over before the date. Whether
// the end is its last day or the day after is not documented: here it counts
// as its last day, which at worst finds a line that is over already.
func over(end, date Date) bool { return end != "" && end < date }

// at are our lines that begin on the date.
func (v view) at(date Date) []mine {
	return slices.DeleteFunc(slices.Clone(v.mine), func(m mine) bool { return m.Start != date })
}

// earlier are our lines that began before the date and bill it.
func (v view) earlier(date Date) []mine {
	return slices.DeleteFunc(slices.Clone(v.mine), func(m mine) bool { return m.Start >= date || over(m.now.End, date) })
}

// until are our lines that bill up to the date: those that a new one succeeds,
// whether they were ended for it already or not.
func (v view) until(date Date) []mine {
	return slices.DeleteFunc(slices.Clone(v.mine), func(m mine) bool { return m.Start >= date || over(m.now.End, date.AddDays(-1)) })
}

// nextStart is when the first of our lines after the date begins, "" if none
// does.
func (v view) nextStart(date Date) Date {
	for _, m := range v.mine {
		if m.Start > date {
			return m.Start
		}
	}
	return ""
}

// last is the line that a new one succeeds: the latest that began before.
func (v view) last(date Date) *mine {
	for i := len(v.mine) - 1; i >= 0; i-- {
		if v.mine[i].Start <= date {
			return &v.mine[i]
		}
	}
	return nil
}

// fresh reports whether one of our lines at the date was made since then: what
// stands beside it came at the same moment.
func (v view) fresh(date Date, since time.Time) []mine {
	return slices.DeleteFunc(v.at(date), func(m mine) bool { return m.Taken || m.CreatedAt.Before(since) })
}

// people says what people did to our lines (spec 5.8): a deleted line and an
// end that we did not set stop the series; a changed quantity is corrected.
func (v view) people(date Date) []Attention {
	var out []Attention
	for _, id := range v.missing {
		out = append(out, Attention{Code: LineVanished, Line: id})
	}
	for _, m := range v.mine {
		who := Attention{Line: m.ID, By: m.now.UpdatedBy, Day: DateIn(m.now.UpdatedAt, time.UTC)}
		if m.now.UpdatedAt.IsZero() {
			who.Day = ""
		}
		relevant := !over(m.End, date) || !over(m.now.End, date)
		if m.now.End != m.End && relevant {
			who.Code, who.Was, who.Is = EndChanged, string(m.End), string(m.now.End)
			out = append(out, who)
		}
		if m.now.Quantity != m.Quantity && relevant {
			who.Code, who.Was, who.Is = QuantityChanged, m.Quantity.String(), m.now.Quantity.String()
			out = append(out, who)
		}
		if (m.Start != m.now.Start || m.Shown != m.now.Start) && relevant {
			who.Code, who.Was, who.Is = DateShifted, string(m.Shown), string(m.now.Start)
			out = append(out, who)
		}
	}
	return out
}

// resume applies what the admin accepted: ends and deletions by people on the
// lines that the decision names, and an agreement that has another company.
func resume(s Series, listed []Addition) Series {
	d := s.Decisions.Resume
	if d == nil {
		return s
	}
	s = s.clone()
	s.Decisions.Resume, s.Company = nil, 0
	for _, id := range d.Lines {
		l := s.line(id)
		i := slices.IndexFunc(listed, func(a Addition) bool { return a.ID == id })
		switch {
		case l == nil:
		case i < 0:
			l.Gone = true
		default:
			l.End = listed[i].End
		}
	}
	return s
}
