package filter

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// asker is a Source with limits.
type asker struct {
	source Source
	limits Limits
}

// call gives f the time of one call, and says of a ConnectWise that used it up
// that it is slow.
func (a asker) call(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.limits.Call)
	defer cancel()
	err := f(ctx)
	if err != nil && problem.CodeOf(err) == problem.Internal && errors.Is(err, context.DeadlineExceeded) {
		return problem.New(problem.ConnectWiseDown, "ConnectWise did not answer in time.", "Try again in a few minutes.").Wrap(err)
	}
	return err
}

func (a asker) count(ctx context.Context, f Filter) (n int, err error) {
	err = a.call(ctx, func(ctx context.Context) (err error) {
		n, err = a.source.Count(ctx, f)
		return err
	})
	return n, err
}

// never is a type that no ConnectWise has: ids are 32 bits wide there, and this
// is the last of them.
const never = 1<<31 - 1

// honoursTypes asks whether ConnectWise understands a condition on a company's
// types. Public material does not say (facts 13.9): a server may refuse it, or
// pass over it, and then finds companies that have a type that does not exist.
func (a asker) honoursTypes(ctx context.Context) (bool, error) {
	n, err := a.count(ctx, Filter{Types: []int64{never}})
	if errors.Is(err, psa.ErrInvalid) {
		return false, nil
	}
	return err == nil && n == 0, err
}

// sweep reads companies page by page and hands them to each. It reports whether
// it came to the end within the limit; some servers send less than a page.
func (a asker) sweep(ctx context.Context, f Filter, each func(Company)) (complete bool, err error) {
	var after int64
	for range a.limits.Pages {
		var p Page
		err := a.call(ctx, func(ctx context.Context) (err error) {
			p, err = a.source.Companies(ctx, f, after, pageSize)
			return err
		})
		if err != nil {
			return false, err
		}
		for _, c := range p.Companies {
			if c.ID <= after {
				return false, problem.New(problem.ConnectWiseGarbled, "ConnectWise lists companies out of order.", "").
					Wrap(fmt.Errorf("id %d after %d", c.ID, after))
			}
			after = c.ID
			each(c)
		}
		if !p.More || len(p.Companies) == 0 {
			return true, nil
		}
	}
	return false, nil
}
