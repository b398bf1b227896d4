package stack_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// failing is something that is wrong, and the whole of the report that it must
// lead to: +check passed, !check:code failed, -check was not made. Checks of
// permissions go by their data type.
type failing struct {
	name    string
	config  cwsim.Config
	prepare func(t *testing.T, s *stack.Stack, in *demo.ConnectWise)
	want    string
	// harmless means that the connection may be stored all the same.
	harmless bool
	// slow means that a test uses up its time, and is not made twice.
	slow bool
}

const (
	noTypes    = " -companies -contacts -opportunities -configurations -catalog -agreements"
	allTypes   = " +companies +contacts +opportunities +configurations +catalog +agreements"
	noChecks   = " -system_info -credentials" + noTypes
	found3     = "+address +reachable +company"
	noCompany  = "+address +reachable !company:company_unknown" + noChecks
	noAnswer   = "+address !reachable:%s -company" + noChecks
	noKeys     = found3 + " !system_info:%[1]s !credentials:%[1]s" + noTypes
	noLists    = found3 + " +system_info !credentials:%s" + noTypes
	everything = found3 + " +system_info +credentials" + allTypes
)

func faults(rules ...cwsim.Fault) func(*testing.T, *stack.Stack, *demo.ConnectWise) {
	return func(t *testing.T, s *stack.Stack, _ *demo.ConnectWise) {
		t.Helper()
		if err := s.Simulator.SetFaults(rules...); err != nil {
			t.Fatal(err)
		}
	}
}

// onLists is a fault of every list that is read, beside others.
func onLists(f cwsim.Fault, others ...cwsim.Fault) func(*testing.T, *stack.Stack, *demo.ConnectWise) {
	for _, module := range []string{"company", "sales", "procurement", "finance"} {
		f.Path = "/" + module + "/**"
		others = append(others, f)
	}
	return faults(others...)
}

func status(code int, path string) cwsim.Fault {
	return cwsim.Fault{Path: path, Kind: cwsim.FaultStatus, Status: code}
}

func wrongKey(_ *testing.T, _ *stack.Stack, in *demo.ConnectWise) { in.PrivateKey += "x" }

func wrongCompany(_ *testing.T, _ *stack.Stack, in *demo.ConnectWise) { in.CompanyID += "x" }

const companyInfo = "/login/companyinfo/*"

func failingCases() []failing {
	cases := []failing{
		{name: "address", prepare: func(_ *testing.T, _ *stack.Stack, in *demo.ConnectWise) { in.ServerURL = "ftp://na.example.com" }, want: "!address:address_invalid -reachable -company" + noChecks},
		{name: "closed port", prepare: closedPort, want: fmt.Sprintf(noAnswer, "unreachable")},
		{name: "unknown company", prepare: wrongCompany, want: noCompany},
		{name: "unknown company by 404", config: cwsim.Config{Switches: cwsim.Switches{UnknownCompany404: true}}, prepare: wrongCompany, want: noCompany},
		{name: "page for companyinfo", prepare: faults(cwsim.Fault{Path: companyInfo, Kind: cwsim.FaultHTML}), want: fmt.Sprintf(noAnswer, "connectwise_garbled")},
		{name: "companyinfo fails", prepare: faults(status(500, companyInfo)), want: fmt.Sprintf(noAnswer, "connectwise_down")},
		{name: "companyinfo cut", prepare: faults(cwsim.Fault{Path: companyInfo, Kind: cwsim.FaultTruncate}), want: fmt.Sprintf(noAnswer, "connectwise_garbled")},
		{name: "page for lists", prepare: onLists(cwsim.Fault{Kind: cwsim.FaultHTML}), want: fmt.Sprintf(noLists, "connectwise_garbled")},
		{name: "system info refused", prepare: faults(status(403, "/system/info")), want: found3 + " !system_info:permission_missing +credentials" + allTypes, harmless: true},
		{name: "wrong key", prepare: wrongKey, want: fmt.Sprintf(noKeys, "credentials_refused")},
		{name: "wrong key, system info open", config: cwsim.Config{Switches: cwsim.Switches{InfoWithoutAuth: true}}, prepare: wrongKey, want: fmt.Sprintf(noLists, "credentials_refused")},
		{name: "wrong key, hidden by the router", config: cwsim.Config{Codebase: "v4_6_release/", Switches: cwsim.Switches{RouterHidesUnauthorized: true}}, prepare: wrongKey, want: fmt.Sprintf(noKeys, "connectwise_not_found")},
		{name: "no role", config: cwsim.Config{Role: new(cwsim.NoRole())}, want: found3 + " +system_info !credentials:permission_missing" + missing(allTypes)},
		{name: "throttled", prepare: onLists(cwsim.Fault{Kind: cwsim.FaultThrottle}), want: fmt.Sprintf(noLists, "connectwise_throttled")},
		{name: "server errors", prepare: onLists(status(500, "")), want: fmt.Sprintf(noLists, "connectwise_down")},
		{name: "lists cut", prepare: onLists(cwsim.Fault{Kind: cwsim.FaultTruncate}), want: fmt.Sprintf(noLists, "connectwise_garbled")},
		{name: "some lists fail", prepare: faults(status(500, "/company/**")), want: found3 + " +system_info +credentials" + strings.NewReplacer(
			"+companies", "!companies:connectwise_down", "+contacts", "!contacts:connectwise_down", "+configurations", "!configurations:connectwise_down",
		).Replace(allTypes)},
		{name: "silence", prepare: faults(late(companyInfo)), want: fmt.Sprintf(noAnswer, "connectwise_down"), slow: true},
		{name: "slow lists", prepare: onLists(late("")), want: fmt.Sprintf(noLists, "connectwise_down"), slow: true},
		{name: "slow everywhere", prepare: onLists(late(""), cwsim.Fault{Kind: cwsim.FaultLatency, DelayMS: 6000}), want: fmt.Sprintf(noKeys, "connectwise_down"), slow: true},
	}
	for _, code := range []int{400, 401, 403} {
		cases = append(cases, failing{
			name:   fmt.Sprintf("client id refused by %d", code),
			config: cwsim.Config{ClientIDs: []string{"11111111-2222-4333-8444-555555555555"}, Switches: cwsim.Switches{ClientIDStatus: code}},
			want:   fmt.Sprintf(noKeys, "client_id_refused"),
		})
	}
	for name, path := range map[string]string{
		"companies": "/company/companies", "contacts": "/company/contacts", "opportunities": "/sales/opportunities",
		"configurations": "/company/configurations", "catalog": "/procurement/catalog", "agreements": "/finance/agreements",
	} {
		cases = append(cases, failing{
			name: "no right to read " + name, harmless: name != "companies", prepare: faults(status(403, path+"/**")),
			want: strings.Replace(everything, "+"+name, missing("+"+name), 1),
		})
	}
	return cases
}

// missing turns types that may be read into types that may not.
func missing(types string) string {
	words := strings.Fields(types)
	for i, w := range words {
		words[i] = "!" + w[1:] + ":permission_missing"
	}
	return " " + strings.Join(words, " ")
}

// late answers long after everybody has given up.
func late(path string) cwsim.Fault {
	return cwsim.Fault{Path: path, Kind: cwsim.FaultLatency, DelayMS: 60_000}
}

func closedPort(t *testing.T, _ *stack.Stack, in *demo.ConnectWise) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in.ServerURL = "http://" + l.Addr().String()
	l.Close()
}

// Whatever is wrong, the right check says so and what to do, no check claims
// what was not seen, the answer comes in time, and nothing is stored.
func TestEveryFailingCheck(t *testing.T) {
	t.Parallel()
	for _, c := range failingCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.config.Companies = 3
			s := start(t, stack.Config{Simulator: c.config})
			in := keysOf(s, s.ConnectWiseURL)
			if c.prepare != nil {
				c.prepare(t, s, &in)
			}
			before := kept(t, s)
			c.check(t, testConnection(t, s, in), in.PrivateKey)
			if diff := cmp.Diff(before, kept(t, s)); diff != "" {
				t.Errorf("a test stored something (-before +after):\n%s", diff)
			}
			if c.slow {
				return
			}
			err := adminOf(s).Call(t.Context(), http.MethodPut, "/v1/connection", in, nil)
			var p *demo.Problem
			if refused := errors.As(err, &p) && p.Code == "test_failed" && p.Remedy != ""; refused == c.harmless {
				t.Errorf("saving led to %v", err)
			}
			if stored := !cmp.Equal(before, kept(t, s)); stored != c.harmless {
				t.Errorf("something was stored: %v, want %v", stored, c.harmless)
			}
		})
	}
}

func (c failing) check(t *testing.T, r report, secret string) {
	t.Helper()
	var got []string
	for _, k := range r.Checks {
		name := k.Name
		if k.Type != "" {
			name = k.Type
		}
		switch k.Status {
		case "pass":
			got = append(got, "+"+name)
		case "fail":
			got = append(got, "!"+name+":"+k.Code)
			if k.Detail == "" || k.Remedy == "" {
				t.Errorf("%s says %q and advises %q", name, k.Detail, k.Remedy)
			}
		default:
			got = append(got, "-"+name)
		}
		if strings.Contains(fmt.Sprintf("%+v", k), secret) {
			t.Errorf("%s repeats the private key", name)
		}
	}
	if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.OK != c.harmless || r.took > answerTime {
		t.Errorf("ok %v after %v", r.OK, r.took)
	}
}

// storage is what an installation has kept: all but how many requests a
// ConnectWise has had and the names of the people who act, which are of no
// account.
type storage struct {
	Items   []string
	Secrets []string
}

func kept(t *testing.T, s *stack.Stack) storage {
	t.Helper()
	var out storage
	items, err := dynamodb.NewFromConfig(s.Services.AWSConfig()).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("psabridge-Table")})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items.Items {
		if sk, ok := item["sk"].(*types.AttributeValueMemberS); ok && (sk.Value == "budget" || strings.HasPrefix(sk.Value, "person#")) {
			continue
		}
		out.Items = append(out.Items, fmt.Sprint(item["pk"], item["sk"]))
	}
	secrets, err := secretsmanager.NewFromConfig(s.Services.AWSConfig()).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets.SecretList {
		out.Secrets = append(out.Secrets, *secret.Name)
	}
	return out
}
