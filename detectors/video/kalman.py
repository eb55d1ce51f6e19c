"""Place and speed along one axis of the picture: a Kalman filter with white acceleration.

Source: Y. Bar-Shalom, X. R. Li, T. Kirubarajan, Estimation with Applications to Tracking and Navigation, ch. 6.2
(discretised continuous white noise acceleration model).
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Axis:
    """State: place [px], speed [px/s], and their covariance."""

    place: float
    speed: float
    place_var: float
    cross_var: float
    speed_var: float

    def predict(self, dt_s: float, wander: float) -> None:
        """Move on; `wander` is the spectral density of the acceleration. [px²/s³]"""
        self.place += self.speed * dt_s
        self.place_var += dt_s * (2.0 * self.cross_var + dt_s * self.speed_var) + wander * dt_s**3 / 3.0
        self.cross_var += dt_s * self.speed_var + wander * dt_s**2 / 2.0
        self.speed_var += wander * dt_s

    def correct(self, seen: float, seen_var: float) -> None:
        """Take a measured place [px] of variance `seen_var` [px²]."""
        gain = self.place_var / (self.place_var + seen_var)
        drag = self.cross_var / (self.place_var + seen_var)
        error = seen - self.place
        self.place += gain * error
        self.speed += drag * error
        self.speed_var -= drag * self.cross_var
        self.cross_var *= 1.0 - gain
        self.place_var *= 1.0 - gain
