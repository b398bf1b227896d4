package host

import (
	"strconv"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// environment is everything that a process finds in its environment: what the
// template says, what Lambda sets, and the overlay. Nothing is inherited, and
// AWS_EXECUTION_ENV, which tells functions that they are on Lambda, is never
// set.
func environment(f template.Function, dir, address string, production bool) []string {
	door := "http://" + address
	all := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          address,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "1",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_REGION":                      localaws.Region,
		"AWS_DEFAULT_REGION":              localaws.Region,
		"AWS_ACCESS_KEY_ID":               localaws.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":           localaws.SecretAccessKey,
		"AWS_SESSION_TOKEN":               "local",
		"TZ":                              ":UTC",
		"_HANDLER":                        f.Handler,
		"LAMBDA_TASK_ROOT":                dir,

		"AWS_ENDPOINT_URL_DYNAMODB":        door,
		"AWS_ENDPOINT_URL_SQS":             door,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": door,
		"AWS_ENDPOINT_URL_EVENTBRIDGE":     door,
	}
	if !production {
		all[overlayLoopback] = "1"
	}
	out := make([]string, 0, len(all)+len(f.Environment))
	for name, value := range f.Environment {
		out = append(out, name+"="+value)
	}
	for name, value := range all {
		out = append(out, name+"="+value)
	}
	return out
}
