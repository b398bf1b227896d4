package filter

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Source asks one ConnectWise. Every error carries a problem.Code; what
// ConnectWise refuses to understand, or cannot be put into one request, is
// psa.ErrInvalid. Methods are safe for concurrent use. Companies in the recycle
// bin are in none of the answers.
type Source interface {
	// Choices lists a category; more than MaxListed of it are cut off.
	Choices(ctx context.Context, c Category) ([]Choice, error)
	// Count says how many companies a filter chooses. Whether ConnectWise
	// honours a condition on types is for the caller to find out.
	Count(ctx context.Context, f Filter) (int, error)
	// Companies lists companies that the filter chooses, as far as
	// ConnectWise understands it, by ascending id and behind after.
	Companies(ctx context.Context, f Filter, after int64, limit int) (Page, error)
	// CountOf counts the records of a data type: all of them, or those of
	// these companies.
	CountOf(ctx context.Context, t psa.DataType, companies []int64) (int, error)
}

// Choice is an entry of a category.
type Choice struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Companies is how many companies have it; nil if that was not counted.
	Companies *int `json:"companies,omitempty"`
}

// Company is a company as a filter sees it.
type Company struct {
	ID   int64
	Name string
	Facts
}

// Page is a page of companies.
type Page struct {
	Companies []Company
	// More is false only if nothing follows.
	More bool
}

// Trouble is why a part of a result is missing.
type Trouble struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Remedy  string       `json:"remedy,omitempty"`
}

func troubleOf(err error) *Trouble {
	if err == nil {
		return nil
	}
	p := problem.From(err)
	return &Trouble{Code: p.Code, Message: p.Message, Remedy: p.Remedy}
}

// Limits of a job. The zero value means the defaults.
type Limits struct {
	// Pages of companies that may be read to count exactly what ConnectWise
	// does not count; default 60, which is 60,000 companies on most servers.
	Pages int
	// Counts of single choices, for each category, where there are too many
	// companies to read; default 25.
	Counts int
	// Call bounds one call; default 10 seconds.
	Call time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Pages <= 0 {
		l.Pages = 60
	}
	if l.Counts <= 0 {
		l.Counts = 25
	}
	if l.Call <= 0 {
		l.Call = 10 * time.Second
	}
	return l
}

// MaxListed is how many choices of a category are listed, so that all four
// together fit into one item of the table.
const MaxListed = 400

const (
	pageSize = 1000
	atOnce   = 3 // one slot of a connection's four is left for others
)
