package main

import "slices"

// row is a figure over all rounds.
type row struct {
	Name    string            `json:"name"`
	Unit    string            `json:"unit"`
	Targets map[string]spread `json:"targets"`

	// ToFloor is, by target, the ratio of its figure to the floor's in the same
	// round: what both met at the same time does not count.
	ToFloor map[string]spread `json:"toFloor,omitempty"`
}

// spread is a median with the least and the greatest value.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Count  int     `json:"count"`
}

// summarise makes a row of every figure, in the order in which they first occur.
func summarise(runs []run) []row {
	var rows []row
	at := map[string]int{}
	values := map[string]map[string][]float64{}
	ratios := map[string]map[string][]float64{}
	floors := floorFigures(runs)
	for _, r := range runs {
		for _, f := range r.Figures {
			if _, ok := at[f.Name]; !ok {
				at[f.Name] = len(rows)
				rows = append(rows, row{Name: f.Name, Unit: f.Unit, Targets: map[string]spread{}, ToFloor: map[string]spread{}})
				values[f.Name], ratios[f.Name] = map[string][]float64{}, map[string][]float64{}
			}
			values[f.Name][r.Target] = append(values[f.Name][r.Target], f.Value)
			if floor := floors[r.Round][f.Name]; floor > 0 && r.Target != targetFloor {
				ratios[f.Name][r.Target] = append(ratios[f.Name][r.Target], f.Value/floor)
			}
		}
	}
	for i := range rows {
		for target, v := range values[rows[i].Name] {
			rows[i].Targets[target] = spreadOf(v)
		}
		for target, v := range ratios[rows[i].Name] {
			rows[i].ToFloor[target] = spreadOf(v)
		}
	}
	return rows
}

// floorFigures are the figures of the floor, by round and name.
func floorFigures(runs []run) map[int]map[string]float64 {
	m := map[int]map[string]float64{}
	for _, r := range runs {
		if r.Target != targetFloor {
			continue
		}
		m[r.Round] = map[string]float64{}
		for _, f := range r.Figures {
			m[r.Round][f.Name] = f.Value
		}
	}
	return m
}

// spreadOf sorts values, of which there is at least one, and sums them up.
func spreadOf(values []float64) spread {
	slices.Sort(values)
	n := len(values)
	median := values[n/2]
	if n%2 == 0 {
		median = (values[n/2-1] + values[n/2]) / 2
	}
	return spread{Median: median, Min: values[0], Max: values[n-1], Count: n}
}
