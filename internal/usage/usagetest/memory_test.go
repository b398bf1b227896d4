package usagetest_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	usagetest.Conformance(t, func(*testing.T) usagetest.Stores { return &usagetest.Memory{} },
		func(t *testing.T, s usagetest.Stores, scope psa.Scope) []usage.Entry {
			t.Helper()
			m, ok := s.(*usagetest.Memory)
			if !ok {
				t.Fatalf("%T", s)
			}
			return m.History(scope)
		})
}
