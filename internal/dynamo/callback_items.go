package dynamo

import (
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// callbacksItem is how a connection's callbacks stand.
type callbacksItem struct {
	State    setup.CallbackState `dynamodbav:"state"`
	At       int64               `dynamodbav:"at"`
	Warning  *setup.Warning      `dynamodbav:"warning,omitempty"`
	Failures int                 `dynamodbav:"failures,omitempty"`
	Types    []typeCallbackItem  `dynamodbav:"types,omitempty"`
}

// typeCallbackItem is how a type's callback stands.
type typeCallbackItem struct {
	Type       psa.DataType            `dynamodbav:"type"`
	State      setup.TypeCallbackState `dynamodbav:"state"`
	Since      int64                   `dynamodbav:"since"`
	Registered int64                   `dynamodbav:"registered,omitempty"`
	Repaired   int64                   `dynamodbav:"repaired,omitempty"`
	Repairs    int                     `dynamodbav:"repairs,omitempty"`
}

func newCallbacksItem(c setup.Callbacks) callbacksItem {
	it := callbacksItem{State: c.State, At: nanos(c.At), Warning: c.Warning, Failures: c.Failures}
	for _, t := range c.Types {
		it.Types = append(it.Types, typeCallbackItem{
			Type: t.Type, State: t.State, Since: nanos(t.Since), Registered: nanos(t.RegisteredAt), Repaired: nanos(t.RepairedAt), Repairs: t.Repairs,
		})
	}
	return it
}

func (it callbacksItem) callbacks() setup.Callbacks {
	c := setup.Callbacks{State: it.State, At: fromNanos(it.At), Warning: it.Warning, Failures: it.Failures}
	for _, t := range it.Types {
		c.Types = append(c.Types, setup.TypeCallback{
			Type: t.Type, State: t.State, Since: fromNanos(t.Since), RegisteredAt: fromNanos(t.Registered), RepairedAt: fromNanos(t.Repaired),
			Repairs: t.Repairs,
		})
	}
	return c
}
