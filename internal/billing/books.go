package billing

import (
	"fmt"
	"maps"
	"slices"
)

// Answer names what a server may do where public material leaves it open. What
// has no name here does not change what is billed.
type Answer string

// The answers. A server that gives none of them bills an end's day and leaves
// included units out, and lets everything change that is on no invoice yet.
const (
	EndExclusive   Answer = "an end is the first day that is not billed"
	BilledFixed    Answer = "nothing changes on a line that was billed"
	BilledEndsOnly Answer = "only its end changes on a line that was billed"
	IncludedBilled Answer = "included units are billed all the same"
	OnlyAhead      Answer = "days before the next invoice date are refused"
	FlagOutweighs  Answer = "what a line says about its first period outweighs what its agreement says"
)

// Answers says which of them hold. It is asked only where that matters.
type Answers func(Answer) bool

// Books is the reference. Apply what happened, in order.
type Books struct {
	// OnChange is the admin's choice to have a new line only for another
	// quantity, instead of one a period.
	OnChange bool

	answers  Answers
	prices   map[int]float64
	accounts map[int]*account
	tenants  map[string]*tenant
	series   map[Key]*series
	lines    int
	invoices []Invoice
	unbilled []Unbilled
}

// New begins books; prices are the catalog's, by product.
func New(agreements []Agreement, prices map[int]float64, answers Answers) *Books {
	b := &Books{
		answers: answers, prices: prices, accounts: map[int]*account{}, tenants: map[string]*tenant{}, series: map[Key]*series{},
	}
	for _, a := range agreements {
		b.accounts[a.ID] = newAccount(a)
	}
	return b
}

// Invoices are all that were made, in order.
func (b *Books) Invoices() []Invoice { return b.invoices }

// Unbilled is all that was used and not billed, or not as it was used.
func (b *Books) Unbilled() []Unbilled { return b.unbilled }

// Keys are all that was ever mapped or made by hand.
func (b *Books) Keys() []Key {
	return slices.SortedFunc(maps.Keys(b.series), func(x, y Key) int {
		if x.Agreement != y.Agreement {
			return x.Agreement - y.Agreement
		}
		return x.Product - y.Product
	})
}

// Stopped is why the last posting left a line alone, "" if it did not.
func (b *Books) Stopped(k Key) Why { return b.series[k].why }

// Apply an event.
func (b *Books) Apply(e Event) error {
	switch e := e.(type) {
	case Reported:
		b.tenant(e.Tenant).hear(e)
	case Mapped:
		b.mapped(e)
	case Switched:
		b.switched(e)
	case Removed:
		b.tenant(e.Tenant).removed = e.On
	case Approved:
		b.tenant(e.Tenant).approve()
	case Posted:
		b.post(e.Today)
	case Invoiced:
		b.invoice(e)
	case Decided:
		b.at(e.Key).decide(e.What)
	case Placed:
		b.place(e)
	case Edited:
		b.at(e.Key).edit(e)
	case Over:
		b.accounts[e.Agreement].Ends = e.Last
	default:
		return fmt.Errorf("an event of type %T is not known", e)
	}
	return nil
}

func (b *Books) tenant(name string) *tenant {
	if b.tenants[name] == nil {
		b.tenants[name] = &tenant{name: name, targets: map[string]Key{}}
	}
	return b.tenants[name]
}

func (b *Books) at(k Key) *series {
	if b.series[k] == nil {
		b.series[k] = &series{key: k, wanted: map[Day]need{}}
	}
	return b.series[k]
}

func (b *Books) mapped(e Mapped) {
	t := b.tenant(e.Tenant)
	t.targets = map[string]Key{}
	for sku, product := range e.Products {
		k := Key{e.Agreement, product}
		t.targets[sku] = k
		b.at(k)
	}
	t.mapped = t.targets
}

func (b *Books) switched(e Switched) {
	t := b.tenant(e.Tenant)
	t.targets, t.off = map[string]Key{}, e.How
	if e.How == "on" {
		t.targets, t.off = t.mapped, ""
	}
}

func (b *Books) payer(agreement int) *account {
	a := b.accounts[agreement]
	if p := b.accounts[a.Parent]; p != nil {
		return p
	}
	return a
}

func (b *Books) opening(agreement int, today Day) (Day, Why) {
	return b.accounts[agreement].opening(b.payer(agreement), today)
}

// post is one posting of everything.
func (b *Books) post(today Day) {
	for _, t := range b.tenants {
		t.date(b, today)
	}
	for _, k := range b.Keys() {
		var all []share
		for _, t := range b.tenants {
			all = append(all, t.shares(k)...)
		}
		s := b.series[k]
		if len(all) == 0 && !s.everOurs() {
			s.why = ""
			continue
		}
		b.postOne(s, all, today)
	}
}
