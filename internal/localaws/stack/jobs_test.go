package stack_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// job is what the test reads of one.
type job struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Discovery *struct {
		Companies int `json:"companies"`
		Lists     []struct {
			State string `json:"state"`
		} `json:"lists"`
	} `json:"discovery"`
	Preview *struct {
		Companies struct {
			N    int  `json:"n"`
			UpTo bool `json:"upTo"`
		} `json:"companies"`
		Sample []string `json:"sample"`
	} `json:"preview"`
}

// TestFilterJobs: what the API's function asks for, the worker does, from the
// keys of a draft, within the roles of the template.
func TestFilterJobs(t *testing.T) {
	t.Parallel()
	s := start(t, stack.Config{Simulator: cwsim.Config{Companies: 30}})
	client := &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.Token("admin") }}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	companyID, public, private := s.Simulator.Credentials()
	draft := demo.ConnectWise{ServerURL: s.ConnectWiseURL, CompanyID: companyID, PublicKey: public, PrivateKey: private}
	if err := client.Call(ctx, "PUT", "/v1/connection", draft, nil); err != nil {
		t.Fatal(err)
	}
	done := func(path string, in any) (j job) {
		t.Helper()
		every := time.NewTicker(50 * time.Millisecond)
		defer every.Stop()
		err := client.Call(ctx, "POST", path, in, &j)
		for ; err == nil && j.State == "queued"; <-every.C {
			err = client.Call(ctx, "GET", "/v1/jobs/"+j.ID, nil, &j)
		}
		if err != nil || j.State != "done" {
			t.Fatalf("%s: %+v, %v", path, j, err)
		}
		return j
	}
	if d := done("/v1/filters/discover", nil).Discovery; d == nil || len(d.Lists) != 4 || d.Lists[0].State != "listed" || d.Companies < 25 {
		t.Errorf("discovered %+v", d)
	}
	preview := map[string]any{"filter": map[string]any{"types": []int{1, 2, 3, 4, 5, 6, 7}}}
	if p := done("/v1/filters/preview", preview).Preview; p == nil || p.Companies.N < 20 || p.Companies.UpTo || len(p.Sample) != 10 {
		t.Errorf("previewed %+v", p)
	}
	if calls := s.Host.Calls(); slices.ContainsFunc(calls, func(c host.Call) bool { return c.Denied }) {
		t.Error("a role does not allow what its function does")
	}
}
