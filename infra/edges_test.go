package infra_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func routesOpen(s stack) []string {
	open := []string{"GET /", "GET /{proxy+}", "GET /v1/openapi.json", "POST /callbacks/{connectionId}/{token}"}
	var out []string
	for _, e := range s.events() {
		if e.typ != "HttpApi" {
			continue
		}
		route := e.properties.text("Method") + " " + e.properties.text("Path")
		if e.properties.text("Auth", "Authorizer") == "Jwt" || slices.Contains(open, route) {
			continue
		}
		out = append(out, route+" asks for no token")
	}
	jwt := s.properties("HttpApi").object("Auth", "Authorizers", "Jwt", "JwtConfiguration")
	if refersTo(jwt["issuer"]) != "JwtIssuer" || len(jwt.list("audience")) != 1 {
		out = append(out, "the authorizer does not check issuer and audience")
	}
	if s.properties("HttpApi")["CorsConfiguration"] != nil {
		out = append(out, "the console has the API's own origin: no other needs an answer")
	}
	return out
}

func accessLogTells(s stack) []string {
	format := s.properties("HttpApi").text("AccessLogSettings", "Format")
	known := []string{
		"requestId", "requestTimeEpoch", "routeKey", "status", "responseLength", "responseLatency",
		"integrationStatus", "error.messageString", "authorizer.error",
	}
	var out []string
	for _, m := range regexp.MustCompile(`\$context\.([A-Za-z.]+)`).FindAllStringSubmatch(format, -1) {
		if !slices.Contains(known, m[1]) {
			out = append(out, "the access log tells "+m[1])
		}
	}
	if !strings.Contains(format, "$context.routeKey") {
		out = append(out, "the access log does not tell the route")
	}
	return out
}

func tableUnsafe(s stack) []string {
	var out []string
	for _, id := range s.resources("AWS::DynamoDB::Table") {
		p := s.properties(id)
		for what, ok := range map[string]bool{
			"on-demand billing":             p.at("BillingMode") == "PAY_PER_REQUEST",
			"point-in-time recovery":        p.at("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") == true,
			"encryption":                    p.at("SSESpecification", "SSEEnabled") == true,
			"time to live":                  p.at("TimeToLiveSpecification", "Enabled") == true && p.at("TimeToLiveSpecification", "AttributeName") == "expiresAt",
			"deletion protection":           protected(p.at("DeletionProtectionEnabled")),
			"to outlive the stack":          strings.HasPrefix(s.main.text("Resources", id, "DeletionPolicy"), "Retain"),
			"to outlive a replacing change": s.main.at("Resources", id, "UpdateReplacePolicy") == "Retain",
		} {
			if !ok {
				out = append(out, id+" lacks "+what)
			}
		}
	}
	return out
}

// protected: on, save in the stage that can be deleted.
func protected(v any) bool {
	o, _ := v.(object)
	return v == true || slices.Equal(o.list("Fn::If"), []any{"Disposable", false, true})
}

func logsEndless(s stack) []string {
	var out []string
	for _, id := range s.resources("AWS::Logs::LogGroup") {
		if refersTo(s.properties(id).at("RetentionInDays")) != "LogRetentionDays" {
			out = append(out, id+" is kept for ever")
		}
	}
	groups := s.resources("AWS::Logs::LogGroup")
	for _, fn := range s.functions() {
		if !slices.Contains(groups, refersTo(s.properties(fn).at("LoggingConfig", "LogGroup"))) {
			out = append(out, fn+" logs to a group that Lambda makes and nothing ends")
		}
	}
	return out
}

func parametersLoose(s stack) []string {
	var out []string
	grouped := map[string]int{}
	for _, g := range s.main.list("Metadata", "AWS::CloudFormation::Interface", "ParameterGroups") {
		group, _ := g.(object)
		for _, p := range group.list("Parameters") {
			grouped[fmt.Sprint(p)]++
		}
	}
	for name := range s.main.object("Parameters") {
		p := s.main.object("Parameters", name)
		pattern := p.text("AllowedPattern")
		if len(p.list("AllowedValues")) == 0 && (!strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$")) {
			out = append(out, name+" takes anything")
		}
		if pattern != "" && p.text("ConstraintDescription") == "" {
			out = append(out, name+" does not say what it takes")
		}
		if p.text("Description") == "" {
			out = append(out, name+" is not described")
		}
		if grouped[name] != 1 {
			out = append(out, fmt.Sprintf("%s is in %d groups", name, grouped[name]))
		}
		delete(grouped, name)
	}
	for name := range grouped {
		out = append(out, name+" is grouped and does not exist")
	}
	return out
}

func alarmsMute(s stack) []string {
	var out []string
	for _, fn := range s.functions() {
		watched := slices.ContainsFunc(s.properties(fn).list("DeploymentPreference", "Alarms"), func(a any) bool {
			d, _ := s.properties(refersTo(a)).at("Dimensions").([]any)
			return slices.ContainsFunc(d, func(v any) bool {
				dimension, _ := v.(object)
				return refersTo(dimension["Value"]) == fn
			})
		})
		if !watched {
			out = append(out, fn+": no alarm takes a bad version back")
		}
	}
	for _, template := range []object{s.main, s.monitoring} {
		for id := range template.object("Resources") {
			actions := template.object("Resources", id, "Properties", "AlarmActions")
			if template.at("Resources", id, "Type") == "AWS::CloudWatch::Alarm" && !strings.Contains(fmt.Sprint(actions), "AlarmTopicArn") {
				out = append(out, id+" tells nobody")
			}
		}
	}
	return out
}

func nestedUnfed(s stack) []string {
	given, declared := s.properties("Monitoring").object("Parameters"), s.monitoring.object("Parameters")
	var out []string
	for name := range declared {
		if given[name] == nil {
			out = append(out, "monitoring.yaml is not given "+name)
		}
	}
	for name := range given {
		if declared[name] == nil {
			out = append(out, "monitoring.yaml does not declare "+name)
		}
	}
	return out
}

// Each stage sets what has no default, and nothing that does not exist.
func TestSamconfig(t *testing.T) {
	t.Parallel()
	parameters := mustStack(t, readFile(t, mainFile), readFile(t, monitoringFile)).main.object("Parameters")
	sections := regexp.MustCompile(`(?m)^\[(\w+)\.deploy\.parameters\]`).Split(readFile(t, "../samconfig.toml"), -1)[1:]
	if len(sections) != 3 {
		t.Fatalf("%d stages, want dev (as default), staging and prod", len(sections))
	}
	for i, section := range sections {
		set := map[string]bool{}
		_, overrides, _ := strings.Cut(section, "parameter_overrides")
		for _, m := range regexp.MustCompile(`(?m)^  "(\w+)=`).FindAllStringSubmatch(overrides, -1) {
			set[m[1]] = true
			if parameters[m[1]] == nil {
				t.Errorf("stage %d sets %s, which does not exist", i, m[1])
			}
		}
		for name := range parameters {
			if _, optional := parameters.object(name)["Default"]; !optional && !set[name] {
				t.Errorf("stage %d does not set %s", i, name)
			}
		}
	}
}
