package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// kubernetesTypes are what Kubernetes reads the chart's documents into, by
// apiVersion and kind.
var kubernetesTypes = map[string]func() any{
	"v1 Service":                             func() any { return new(corev1.Service) },
	"v1 Pod":                                 func() any { return new(corev1.Pod) },
	"apps/v1 Deployment":                     func() any { return new(appsv1.Deployment) },
	"apps/v1 StatefulSet":                    func() any { return new(appsv1.StatefulSet) },
	"policy/v1 PodDisruptionBudget":          func() any { return new(policyv1.PodDisruptionBudget) },
	"autoscaling/v2 HorizontalPodAutoscaler": func() any { return new(autoscalingv2.HorizontalPodAutoscaler) },
	"networking.k8s.io/v1 NetworkPolicy":     func() any { return new(networkingv1.NetworkPolicy) },
}

// kubernetesAccepts reads a document as Kubernetes does with strict validation of
// fields: no unknown ones, and each of its type.
func kubernetesAccepts(t *testing.T, doc map[string]any) {
	t.Helper()
	kind := doc["apiVersion"].(string) + " " + doc["kind"].(string)
	if kind == "monitoring.coreos.com/v1 ServiceMonitor" {
		return // the Prometheus operator's own
	}
	of := kubernetesTypes[kind]
	if of == nil {
		t.Errorf("nothing is known of %s", kind)
		return
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(of()); err != nil {
		t.Errorf("%s %v: %v", kind, doc["metadata"], err)
	}
}

func TestChart_MakesWhatKubernetesAccepts(t *testing.T) {
	for name, changes := range variants {
		t.Run(name, func(t *testing.T) {
			values := chartValues(t, changes...)
			docs, err := documents(render(t, values) + "---\n" + renderTest(t, values))
			if err != nil {
				t.Fatal(err)
			}
			for _, doc := range docs {
				kubernetesAccepts(t, doc)
			}
		})
	}
}

// TestChart_HasWhatProductionNeeds holds what each pod of the chart must have.
func TestChart_HasWhatProductionNeeds(t *testing.T) {
	docs, err := documents(render(t, chartValues(t, variants["all"]...)))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, doc := range docs {
		kinds[doc["kind"].(string)]++
		pod := podOf(doc)
		if pod == nil {
			continue
		}
		var spec corev1.PodSpec
		if text, err := json.Marshal(pod); err != nil || json.Unmarshal(text, &spec) != nil {
			t.Fatalf("%s: %v", doc["kind"], err)
		}
		checkPod(t, doc["kind"].(string), &spec)
		if doc["spec"].(map[string]any)["minReadySeconds"] != 30 {
			t.Errorf("%s: minReadySeconds", doc["kind"])
		}
	}
	for kind, n := range map[string]int{
		"Deployment": 1, "StatefulSet": 1, "PodDisruptionBudget": 2, "HorizontalPodAutoscaler": 1, "NetworkPolicy": 2, "ServiceMonitor": 1,
	} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
}

func checkPod(t *testing.T, name string, spec *corev1.PodSpec) {
	t.Helper()
	c, s := spec.Containers[0], spec.SecurityContext
	checkProbes(t, name, &c)
	for what, ok := range map[string]bool{
		"no token of the service account": spec.AutomountServiceAccountToken != nil && !*spec.AutomountServiceAccountToken,
		"not root":                        s != nil && s.RunAsNonRoot != nil && *s.RunAsNonRoot,
		"seccomp":                         s != nil && s.SeccompProfile != nil && s.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no capabilities":                 c.SecurityContext != nil && len(c.SecurityContext.Capabilities.Drop) == 1 && c.SecurityContext.Capabilities.Drop[0] == "ALL",
		"read-only files":                 c.SecurityContext != nil && *c.SecurityContext.ReadOnlyRootFilesystem,
		"spread over nodes and zones":     len(spec.TopologySpreadConstraints) == 2,
		"a limit of memory":               !c.Resources.Limits.Memory().IsZero(),
	} {
		if !ok {
			t.Errorf("%s lacks: %s", name, what)
		}
	}
}

// TestChart_SpeaksWhatTheHubDoes wants HTTPS of "helm test" and of the monitor if, and
// only if, the internal address has TLS. The probes have an address of their own.
func TestChart_SpeaksWhatTheHubDoes(t *testing.T) {
	for name, changes := range variants {
		values := chartValues(t, changes...)
		text := render(t, values)
		want := 0
		if strings.Contains(text, "--internal-tls-cert") {
			want = 1
		}
		if n := strings.Count(renderTest(t, values), "https://hub-internal:8081"); n != want {
			t.Errorf("%s: helm test speaks HTTPS: %d, want %d", name, n, want)
		}
		if n := strings.Count(text, "scheme: https\n"); n != want*strings.Count(text, "kind: ServiceMonitor") {
			t.Errorf("%s: the monitor speaks HTTPS: %d", name, n)
		}
	}
}

// checkProbes wants each probe at the listener for probes.
func checkProbes(t *testing.T, name string, c *corev1.Container) {
	t.Helper()
	ports := map[string]int32{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if flag := fmt.Sprintf("--health-listen=:%d", ports["health"]); !slices.Contains(c.Args, flag) {
		t.Errorf("%s: no %s", name, flag)
	}
	for path, probe := range map[string]*corev1.Probe{"/startupz": c.StartupProbe, "/livez": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.String() != "health" || probe.HTTPGet.Scheme != "" {
			t.Errorf("%s: the probe of %s is %+v", name, path, probe)
		}
	}
}
