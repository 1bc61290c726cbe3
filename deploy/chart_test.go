package deploy

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/hub/internal/hubtest"
)

var update = flag.Bool("update", false, "write the manifests anew from the chart")

// variants are the ways to use the chart.
var variants = map[string][]string{
	"default":      nil,
	"redis":        {"engine=rediss://redis.example.com:6379", "engineSettings={engine-user: hub}"},
	"no TLS":       {"core.tlsSecret="},
	"five":         {"core.replicas=5", "core.storageClass=fast"},
	"all":          {"edge.autoscaling.enabled=true", "serviceMonitor.enabled=true", "service.annotations={a: b}"},
	"no policies":  {"networkPolicy.enabled=false"},
	"internal TLS": {"internalTLS.secret=hub-internal-tls", "serviceMonitor.enabled=true"},
	"no preStop":   {"drain.preStop=false"},
	"key set":      {"tokens.jwksUrl=https://id.example.com/jwks", "tokens.issuer=i", "tokens.audience=a"},
}

// TestManifests_AreTheChartsOwn keeps the manifests for those without Helm equal
// to what the chart makes of its default values.
func TestManifests_AreTheChartsOwn(t *testing.T) {
	const file = "kubernetes/hub.yaml"
	want := "# For those without Helm: what the chart in ../helm/hub makes of its defaults.\n" +
		"# Made by \"go test ./deploy -run Manifests -update\"; change the chart instead.\n" +
		render(t, chartValues(t))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // it is public
			t.Fatal(err)
		}
	}
	if readFile(t, file) != want {
		t.Errorf("%s is not what the chart makes; run this test with -update", file)
	}
}

func TestChart_SchemaAcceptsWhatIsGood(t *testing.T) {
	s := chartSchema(t)
	for name, changes := range variants {
		if err := s.check(chartValues(t, changes...)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{
		"edges=1", "core.replicas=2", "core.replicas=4", "engine=memory", "engine=redis", "existingSecret=", "drain.delay=5s",
		"settings={max_body: 1}", "settings={cors-origin: [a]}", "service.port=0", "edge.autoscaling.enabled=maybe", "tokens.jwksUrl=jwks",
	} {
		if err := s.check(chartValues(t, bad)); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}

// TestChart_MakesWhatTheHubAccepts renders every variant and has the hub check
// the flags of each pod.
func TestChart_MakesWhatTheHubAccepts(t *testing.T) {
	for name, changes := range variants {
		t.Run(name, func(t *testing.T) {
			k := newKeys(t)
			writeFile(t, k.dir, "cluster-secret", []byte(testSecret))
			(&site{dir: k.dir}).certificate(t)
			docs, err := documents(render(t, chartValues(t, changes...)))
			if err != nil {
				t.Fatal(err)
			}
			pods := 0
			for _, doc := range docs {
				spec := podOf(doc)
				if spec == nil {
					continue
				}
				pods++
				args := argsOf(spec)
				checkGrace(t, spec, args)
				for i := range args {
					args[i] = strings.NewReplacer("/etc/hub/secrets", k.dir, "$(POD_NAME)", "pod-0",
						"/etc/hub/internal-tls/tls", k.dir+"/hub").Replace(args[i])
				}
				args = append([]string{"config", "--check"}, args[1:]...) // serve
				if out, ok := output(t, hubtest.Binary(t), args...); !ok && !strings.HasPrefix(name, "key set") {
					t.Errorf("hub %s:\n%s", strings.Join(args, " "), out)
				}
			}
			if pods == 0 {
				t.Error("no pods")
			}
		})
	}
}

// podOf returns the pods' spec of a Deployment or StatefulSet.
func podOf(doc map[string]any) map[string]any {
	if kind := doc["kind"]; kind != "Deployment" && kind != "StatefulSet" {
		return nil
	}
	return doc["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
}

func argsOf(pod map[string]any) []string {
	var args []string
	for _, arg := range pod["containers"].([]any)[0].(map[string]any)["args"].([]any) {
		args = append(args, arg.(string))
	}
	return args
}

// checkGrace keeps Kubernetes from killing a hub that drains.
func checkGrace(t *testing.T, pod map[string]any, args []string) {
	t.Helper()
	seconds := func(name string) time.Duration {
		i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, name+"=") })
		d, err := time.ParseDuration(args[i][len(name)+1:])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	grace := time.Duration(pod["terminationGracePeriodSeconds"].(int)) * time.Second
	timeout := seconds("--shutdown-timeout")
	if drain := seconds("--drain-delay") + seconds("--drain-window"); drain >= timeout || timeout >= grace-5*time.Second {
		t.Errorf("a drain of %v, a limit of %v and a grace period of %v do not fit", drain, timeout, grace)
	}
}

// TestChart_CoreAndEdgeAgreeOnReplicas keeps whichever hub is first from making
// the log in another way than the others want it.
func TestChart_CoreAndEdgeAgreeOnReplicas(t *testing.T) {
	docs, err := documents(render(t, chartValues(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		if pod := podOf(doc); pod != nil && !slices.Contains(argsOf(pod), "--engine-replicas=3") {
			t.Errorf("%v does not say how many replicas", doc["kind"])
		}
	}
}

// TestChart_KeepsServiceVariablesOut wants no service links: a service whose name
// begins with "hub" would give the pods variables that look like settings.
func TestChart_KeepsServiceVariablesOut(t *testing.T) {
	docs, err := documents(render(t, chartValues(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		if pod := podOf(doc); pod != nil && pod["enableServiceLinks"] != false {
			t.Errorf("%v has service links", doc["metadata"])
		}
	}
}

// TestChart_ExplainsEveryValue wants a word about each value where it is set.
func TestChart_ExplainsEveryValue(t *testing.T) {
	for i, block := range strings.Split(readFile(t, chartDir+"/values.yaml"), "\n\n") {
		if !strings.Contains(block, "#") && !regexp.MustCompile(`(?m)^(image|service):`).MatchString(block) {
			t.Error("no word about block " + strconv.Itoa(i) + ":\n" + block)
		}
	}
}
