package billing_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/usage"
)

// How much of what is too long for every day is run, as in
// go test ./internal/billing -run EveryAnswer -timeout 0 -args -reach each.
// "some" is a sample; "each" combines all answers that change what is billed,
// each with one way of writing dates; "all" combines those with all ways, and
// runs every fault at every call under every pair of answers.
var (
	reach = flag.String("reach", "some", "some, each or all")
	part  = flag.Int("part", 0, "the part to run")
	parts = flag.Int("parts", 1, "how many parts there are")
)

// formats is how many ways of writing dates there are: the first three points.
const formats = 4 * 4 * 2

// answers is one answer to each of the finance points, by number.
func answers(n int) map[string]string {
	out := map[string]string{}
	for _, p := range cwsim.FinancePoints() {
		out[p.Name] = p.Values[n%len(p.Values)]
		n /= len(p.Values)
	}
	return out
}

func combinations() int {
	n := 1
	for _, p := range cwsim.FinancePoints() {
		n *= len(p.Values)
	}
	return n
}

// sample is some of n, the same every time, or a part of all.
func sample(n, some int) []int {
	var out []int
	if *reach == "all" {
		for i := *part; i < n; i += *parts {
			out = append(out, i)
		}
		return out
	}
	rng := rand.New(rand.NewPCG(13, 5))
	chosen := map[int]bool{0: true}
	for len(chosen) < min(some, n) {
		chosen[rng.IntN(n)] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}

// billingAnswers are numbers of all combinations of what changes bills, each
// with another way of writing dates than the one before.
func billingAnswers() []int {
	var out []int
	for i := *part; i < combinations()/formats; i += *parts {
		out = append(out, i*formats+(i*7+i/formats)%formats)
	}
	return out
}

// Under every combination of answers to what public material leaves open, a
// year's invoices are those of the reference.
func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	began := time.Now()
	list := sample(combinations(), 16)
	if *reach == "each" {
		list = billingAnswers()
	}
	t.Cleanup(func() {
		t.Logf("%d of %d combinations, a year of days each, in %s", len(list), combinations(), time.Since(began).Round(time.Millisecond))
	})
	for _, n := range list {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			points := answers(n)
			w := small(365).run(t, points, usage.Settings{Zone: "Europe/Berlin"}, nil)
			if w == nil || t.Failed() {
				t.Errorf("under %v", points)
			}
		})
	}
}
